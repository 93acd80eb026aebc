// Both.
int test;
