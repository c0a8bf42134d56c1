// How a program that was compiled for ThreadSanitizer comes up: its options, what it wants left out
// of the report, and its own functions that ThreadSanitizer would call.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_SANITIZER_START_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_SANITIZER_START_H_

namespace gordian::interpose {

// The first call counts; before the program's own constructors.
void StartSanitized();

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_SANITIZER_START_H_
