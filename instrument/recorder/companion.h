// A program that nobody watches has somebody to: `gordian attend`, a process beside it that does
// what `gordian run` does for those that it starts. It records into it, and asks it for the verdict
// at its end.
//
//   const Companion companion = StartCompanion(options);      // at start, in the only thread
//   … ConnectToSupervisor(companion.address.c_str(), forked) …
//
// The program does not notice: the companion is nobody's child, in a session of its own, and keeps
// none of the program's descriptors but stderr. It outlives a program that crashes, and says what
// is known; it ends with the last process that it watches.
//
// Cost      the start of a process, some 20 ms.
#ifndef GORDIAN_INSTRUMENT_RECORDER_COMPANION_H_
#define GORDIAN_INSTRUMENT_RECORDER_COMPANION_H_

#include <cstdint>
#include <string>

#include "instrument/recorder/options.h"
#include "instrument/recorder/region.h"

namespace gordian::recorder {

// Where the command is: beside the object file that has this code, where that was installed,
// or in PATH; "" where it is nowhere.
std::string FindCommand();

// The address of a new companion, or "" where there can be none.
std::string StartCompanion(const Options& options);

// The recording is over: what the companion says to that (RegionHeader::verdict). Waits as long as
// it lives.
std::uint32_t AwaitVerdict(const Region& region);

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_COMPANION_H_
