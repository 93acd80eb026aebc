#include "greet.h"

int main(void)
{
    greet("World");
    part();
    return 0;
}
