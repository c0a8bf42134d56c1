// What kind of memory an address lies in.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_MAPPINGS_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_MAPPINGS_H_

namespace gordian::interpose {

// Whether no other process can share the memory at `address`, as the system's list of mappings
// says; false where that cannot be read.
//
// Locking  a spin lock over the mapping that was found last.
// Cost     reads the list, some ten microseconds, unless `address` is in that same mapping.
bool IsPrivateMemory(const void* address);

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_MAPPINGS_H_
