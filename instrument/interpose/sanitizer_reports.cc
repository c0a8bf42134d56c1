// The part of ThreadSanitizer's interface that is about its reports.
//
// Findings come of the trace, outside of the program, when it has ended or hangs: no report exists
// while it runs, and there is none to be asked about.
#include <cstddef>
#include <cstdint>

#include "instrument/interpose/entry.h"

extern "C" {

GORDIAN_ENTRY void* __tsan_get_current_report() { return nullptr; }

GORDIAN_ENTRY int __tsan_get_report_data(void*, const char**, int*, int*, int*, int*, int*, int*,
                                         int*, void**, unsigned long) {
  return 0;
}
GORDIAN_ENTRY int __tsan_get_report_tag(void*, std::uintptr_t*) { return 0; }
GORDIAN_ENTRY int __tsan_get_report_stack(void*, unsigned long, void**, unsigned long) { return 0; }
GORDIAN_ENTRY int __tsan_get_report_mop(void*, unsigned long, int*, void**, int*, int*, int*,
                                        void**, unsigned long) {
  return 0;
}
GORDIAN_ENTRY int __tsan_get_report_loc(void*, unsigned long, const char**, void**, void**,
                                        unsigned long*, int*, int*, int*, void**, unsigned long) {
  return 0;
}
GORDIAN_ENTRY int __tsan_get_report_loc_object_type(void*, unsigned long, const char**) {
  return 0;
}
GORDIAN_ENTRY int __tsan_get_report_mutex(void*, unsigned long, std::uint64_t*, void**, int*,
                                          void**, unsigned long) {
  return 0;
}
GORDIAN_ENTRY int __tsan_get_report_thread(void*, unsigned long, int*, std::uint64_t*, int*,
                                           const char**, int*, void**, unsigned long) {
  return 0;
}
GORDIAN_ENTRY int __tsan_get_report_unique_tid(void*, unsigned long, int*) { return 0; }

// For debuggers: of no address anything is known here.
GORDIAN_ENTRY const char* __tsan_locate_address(std::uintptr_t, char* name, std::size_t bytes,
                                                std::uintptr_t*, std::size_t*) {
  if (bytes != 0) name[0] = 0;
  return "unknown";
}
GORDIAN_ENTRY int __tsan_get_alloc_stack(std::uintptr_t, std::uintptr_t*, std::size_t, int*,
                                         std::uint64_t*) {
  return 0;
}

// There are no caches, and no shadow memory, to give back.
GORDIAN_ENTRY void __tsan_flush_memory() {}
GORDIAN_ENTRY void __tsan_on_thread_idle() {}

}  // extern "C"
