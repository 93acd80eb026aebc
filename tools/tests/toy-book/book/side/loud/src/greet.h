#pragma once

#define LOUD "WORLD"

void greet(const char *name);
void part(void);
