// A program that the dynamic linker never sees.
int main() { return 0; }
