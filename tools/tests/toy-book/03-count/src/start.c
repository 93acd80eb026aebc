#include "greet.h"

int main(void)
{
    greet("World");
    for (int i = 1; i <= 3; i++) {
        greet("you");
    }
    part();
    return 0;
}
