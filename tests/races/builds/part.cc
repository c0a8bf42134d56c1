// One part of a program of two; what it does to the other's variable races, or does not.
extern int shared;

[[gnu::noinline]] void AddFromPart() { shared = shared + 1; }
