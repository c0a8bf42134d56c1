// What a program can bring for ThreadSanitizer to ask or to call.
#include <sanitizer/tsan_interface.h>

#include <cstdio>

extern "C" {
const char* __tsan_default_options() { return "report_thread_leaks=0,history_size=3"; }
const char* __tsan_default_suppressions() { return "# ours\nrace:Deposit\n  signal:handler\n"; }
void __tsan_on_initialize() { std::puts("initialized"); }
int __tsan_on_finalize(int failed) { return failed; }
void __tsan_on_report(void*) { std::puts("reported"); }
}
