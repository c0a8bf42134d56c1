// The recording of a program that nobody watches: FILE.live while it runs, FILE after.
//
// FILE.live is a region (region.h) in a file: whatever kills the program, it holds all
// that was committed. At its end the process compresses it into FILE, a trace
// like any other, and removes it. SealLiveFile does that for a program that was killed.
//
// Limits    "%p" in the name stands for the process id. A name whose recording is still
//           going on in another process gets the process id appended.
#ifndef GORDIAN_INSTRUMENT_RECORDER_LIVE_FILE_H_
#define GORDIAN_INSTRUMENT_RECORDER_LIVE_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "instrument/recorder/region.h"

namespace gordian::recorder {

class LiveFile {
 public:
  // Opens FILE.live for at most `bytes`, and the sink that records into it. nullptr where
  // that cannot be; stderr says why.
  static std::unique_ptr<LiveFile> Open(std::string_view file, std::uint64_t bytes,
                                        std::unique_ptr<RegionSink>& sink);

  // The recording is over: makes FILE of what `region` holds. Says on stderr what is
  // missing; then the live file stays.
  void Seal(const Region& region);

 private:
  LiveFile(std::string trace, std::string live)
      : trace_(std::move(trace)), live_(std::move(live)) {}

  std::string trace_;
  std::string live_;
};

// Makes the trace `trace` of a live file that its program left behind. Returns what went
// wrong, empty where nothing did.
std::string SealLiveFile(const std::string& live, const std::string& trace);

// Whether the file begins like a live file.
bool IsLiveFile(const std::string& path);

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_LIVE_FILE_H_
