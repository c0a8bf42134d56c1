// One recorded process as its supervisor sees it: its region, and the trace it becomes.
//
// Locking   every method may be called from any thread.
// Cost      a full chunk becomes one compressed frame; nothing is copied twice.
// Limits    where the trace cannot be written (disk full, file too large) the region is
//           drained all the same, so that the program goes on; the loss is counted.
#ifndef GORDIAN_INSTRUMENT_RECORDER_RECORDED_PROCESS_H_
#define GORDIAN_INSTRUMENT_RECORDER_RECORDED_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "instrument/recorder/region.h"
#include "instrument/recorder/region_reader.h"
#include "instrument/trace/file_writer.h"

namespace gordian::recorder {

class RecordedProcess {
 public:
  struct Identity {
    pid_t pid = 0;
    pid_t parent = 0;
    std::string program;  // the executable's path
    bool forked = false;  // goes on in its parent's image
  };

  // Takes `pidfd` over.
  RecordedProcess(Identity identity, int pidfd, Region region, std::string trace_path);
  RecordedProcess(const RecordedProcess&) = delete;
  RecordedProcess& operator=(const RecordedProcess&) = delete;
  ~RecordedProcess();

  const Identity& identity() const { return identity_; }
  const std::string& trace_path() const { return trace_path_; }
  int pidfd() const { return pidfd_; }

  // From here on at most about `bytes` of the trace are kept on the disk, of 0 all: its beginning,
  // with what describes the process, and its end. What has not been analysed stays; where there is
  // too much of that, nothing is drained, and the program waits.
  void KeepNewest(std::uint64_t bytes);
  // The trace has been analysed up to this byte.
  void Analysed(std::uint64_t end);

  // What is full, or all that is committed, goes into the trace. Returns whether
  // there was anything.
  bool Drain(DrainKind kind);
  void Beat();
  std::uint64_t Activity() const;

  // Whether the process has an OS thread that the trace knows nothing of: it never recorded, and
  // is none of the library's own, which are called "gordian…". Such a thread may serve anything.
  bool HasUnknownThread() const;
  Motion motion() const;

  // Whether the process ends its own tests where they hang, and the word that they do.
  bool EndsOwnTests() const;
  void TellHang(std::string_view why);

  // What the process wants said on stderr, once; empty where there is nothing.
  std::string TakeText();

  // Whether it has ended its recording, and waits to be told what to end with.
  bool AsksVerdict() const;
  // nullopt: with its own status. One that does not ask is ended by its runtime.
  void TellVerdict(std::optional<int> status);

  // Whether the handler of SIGQUIT is the recorder's, and not the program's.
  bool QuitIsOurs() const;

  // The process is gone: takes the rest, writes what was lost, closes the trace.
  void Finish();
  bool finished() const;

  // Ends the trace of a finished process. `definitions` are records of a stream of their own
  // (the names of places); they may be empty.
  void Close(std::span<const std::uint64_t> definitions);

  std::uint64_t words() const;        // recorded so far
  std::uint64_t trace_bytes() const;  // of the trace: so much of it may be read
  std::uint64_t lost() const;         // events that found no chunk and are not told of in the trace
  std::string write_error() const;    // why the trace ends early; empty where it does not

 private:
  const Identity identity_;
  const int pidfd_;
  const std::string trace_path_;
  mutable std::mutex mutex_;
  Region region_;
  RegionReader reader_;
  trace::FileWriter writer_;
  std::uint64_t words_ = 0;
  std::uint64_t newest_ = 0;    // bytes that are kept; 0: all
  std::uint64_t head_end_ = 0;  // of the beginning, which is kept
  std::uint64_t given_up_ = 0;  // up to here from there
  std::uint64_t analysed_ = 0;
  bool finished_ = false;
};

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_RECORDED_PROCESS_H_
