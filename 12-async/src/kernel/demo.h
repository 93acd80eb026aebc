// What this chapter's kernel shows.
#pragma once

void demo(void);
