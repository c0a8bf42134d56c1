// What kind of memory an address lies in.
#ifndef GORDIAN_INSTRUMENT_INTERPOSE_MAPPINGS_H_
#define GORDIAN_INSTRUMENT_INTERPOSE_MAPPINGS_H_

#include <cstdint>

namespace gordian::interpose {

// Whether no other process can share the memory at `address`, as the system's list of mappings
// says; false where that cannot be read.
//
// Locking  a spin lock over the mapping that was found last.
// Cost     reads the list, some ten microseconds, unless `address` is in that same mapping.
bool IsPrivateMemory(const void* address);

struct Mapping {
  std::uintptr_t begin = 0, end = 0;
  bool is_private = false;

  bool Has(std::uintptr_t address) const { return address - begin < end - begin; }
};

// The mapping that `address` lies in; an empty one where there is none. Reads the list each time.
Mapping MappingAt(std::uintptr_t address);

}  // namespace gordian::interpose

#endif  // GORDIAN_INSTRUMENT_INTERPOSE_MAPPINGS_H_
