// The recorded process's part of meeting the supervisor.
#ifndef GORDIAN_INSTRUMENT_RECORDER_CONNECT_H_
#define GORDIAN_INSTRUMENT_RECORDER_CONNECT_H_

#include <memory>

#include "instrument/recorder/region.h"

namespace gordian::recorder {

// A sink that the supervisor at `address` drains, or nullptr. One that is there and does
// not answer within two seconds is named on stderr.
std::unique_ptr<RegionSink> ConnectToSupervisor(const char* address, bool forked);

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_CONNECT_H_
