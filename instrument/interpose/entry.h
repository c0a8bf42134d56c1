// What every entry point shares: it is visible to the program, and is a frame of its own, from
// which the caller's place is found.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_ENTRY_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_ENTRY_H_

#define GORDIAN_ENTRY [[gnu::visibility("default"), gnu::noinline]]

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_ENTRY_H_
