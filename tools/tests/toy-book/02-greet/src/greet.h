#pragma once

void greet(const char *name);
void part(void);
