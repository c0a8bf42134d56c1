// Reads a *.gtrace file, frame by frame.
//
//   FileReader reader;
//   if (FileStatus status = reader.Open("app.gtrace"); !status.ok()) …
//   Frame frame;
//   FileStatus problem;
//   for (;;) switch (reader.Next(frame, problem)) {
//     case FileReader::kFrame:   …frame.stream, frame.words…; break;
//     case FileReader::kProblem: …problem.message…; break;     // and go on
//     case FileReader::kEnd:     return;                       // nothing more
//   }
//
// Every input is taken for hostile. A damaged frame is one problem, and reading goes on with the
// next frame whose checksum is right; frames before and after damage are handed out. A part that
// the writer gave up (FileWriter::GiveUp) is passed without being read where it takes no room.
// Limits    reads forward only, so pipes work too; memory is one frame, stored and inflated
//           (64 MiB each at most), and one entry per stream.
// Cost      a checksum and a decompression per frame. The search behind a damaged frame looks
//           at every byte once and hashes at most a few times the bytes it has read.
// Locking   none: one thread at a time.
#ifndef GORDIAN_INSTRUMENT_TRACE_FILE_READER_H_
#define GORDIAN_INSTRUMENT_TRACE_FILE_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "instrument/trace/file_format.h"
#include "instrument/trace/ids.h"

namespace gordian::trace {

struct Frame {
  StreamId stream = 0;
  std::uint64_t sequence = 0;
  bool after_gap = false;                // frames of this stream are missing before it
  std::span<const std::uint64_t> words;  // valid until the next call
};

class FileReader {
 public:
  enum Result : std::uint8_t { kFrame, kProblem, kEnd };

  FileReader();
  ~FileReader();
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;

  // Opens the file and checks its header.
  FileStatus Open(const std::string& path);
  // The same on an open file descriptor, which the reader closes in the end.
  FileStatus Adopt(int descriptor);

  Result Next(Frame& frame, FileStatus& problem);

  // Whether the file was read up to an end frame without a problem. Meaningful after kEnd.
  bool complete() const { return ended_ && problems_ == 0; }
  std::uint64_t offset() const { return offset_; }  // of the next frame, in bytes

 private:
  struct Inflater;

  std::size_t Fill(std::size_t bytes);
  void Skip(std::size_t bytes);
  const std::byte* at() const { return window_.data() + window_at_; }
  std::size_t available() const { return window_.size() - window_at_; }

  Result NextHeader(FrameHeader& header, FileStatus& problem);
  Result TakeFrame(const FrameHeader& header, Frame& frame, FileStatus& problem);
  bool IsWhole(const FrameHeader& header);
  void FindNextFrame();
  bool IsGivenUp(const FrameHeader& header) const;
  void PassHole();
  Result Problem(FileStatus& problem, FileError error, std::uint64_t offset, std::string message);

  int descriptor_ = -1;
  bool at_eof_ = false;
  FileStatus read_error_;
  std::vector<std::byte> window_;  // bytes read and not yet passed
  std::size_t window_at_ = 0;
  std::uint64_t offset_ = 0;  // of window_[window_at_] in the file
  std::uint64_t hashed_ = 0;  // bytes hashed in searches behind damage

  bool ended_ = false;  // an end frame was read
  bool done_ = false;   // the last problem there can be was told
  std::uint64_t problems_ = 0;
  bool has_pending_ = false;  // a frame behind a gap: the gap is told first
  Frame pending_;
  std::unordered_map<StreamId, std::uint64_t> sequences_;  // of each stream's next frame
  std::unique_ptr<Inflater> inflater_;
  std::vector<std::uint64_t> words_;
};

}  // namespace gordian::trace

#endif  // GORDIAN_INSTRUMENT_TRACE_FILE_READER_H_
