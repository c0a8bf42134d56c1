// Writes a *.gtrace file, frame by frame.
//
//   FileWriter writer;
//   if (FileStatus status = writer.Open("app.gtrace"); !status.ok()) …
//   writer.Write(stream, words);   // whole records of one stream, as often as there are some
//   writer.Close();                // the end frame; without it the trace counts as cut
//
// Each frame stands for itself: compressed alone, with its checksum, written in one piece.
// What is in the file at any moment reads up to its last whole frame; where a write fails half-way
// (disk full), the file is cut back to its last whole frame.
// Errors stick: after the first one, every call returns it and writes nothing more.
// Limits    the process's file size limit is looked at before each write, since passing it
//           would be answered with a signal. At most 64 MiB per frame; longer calls are split.
// Locking   none: one thread at a time.
// Cost      one compression (zstd, 1 to 20 ns per word) and one system call per frame.
#ifndef GORDIAN_INSTRUMENT_TRACE_FILE_WRITER_H_
#define GORDIAN_INSTRUMENT_TRACE_FILE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "instrument/trace/file_format.h"
#include "instrument/trace/ids.h"

namespace gordian::trace {

class FileWriter {
 public:
  FileWriter();
  ~FileWriter();  // closes the file as it is: an end frame is only written by Close()
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  // Creates or replaces the file and writes its header.
  FileStatus Open(const std::string& path);
  // The same on an open file descriptor, which the writer closes in the end.
  FileStatus Adopt(int descriptor);

  // The file never gets larger than this; by default only the process's limit counts.
  void set_max_bytes(std::uint64_t bytes) { max_bytes_ = bytes; }

  // Gives back the room that bytes `begin` to `end` take; they read as zeros from then on. Where
  // the file system cannot do that, nothing happens.
  void GiveUp(std::uint64_t begin, std::uint64_t end);

  FileStatus Write(StreamId stream, std::span<const std::uint64_t> words);
  FileStatus Close();

  const FileStatus& status() const { return status_; }
  std::uint64_t bytes() const { return offset_; }  // written so far

 private:
  struct Compressor;

  FileStatus WriteFrame(FrameKind kind, StreamId stream, std::span<const std::uint64_t> words);
  FileStatus Append(std::span<const std::byte> bytes);
  FileStatus Fail(FileError error, std::string message);
  std::uint64_t Limit() const;

  int descriptor_ = -1;
  std::uint64_t offset_ = 0;
  std::uint64_t max_bytes_ = std::numeric_limits<std::uint64_t>::max();
  FileStatus status_;
  std::unordered_map<StreamId, std::uint64_t> sequences_;  // of each stream's next frame
  std::unique_ptr<Compressor> compressor_;
  std::vector<std::byte> frame_;  // header and payload, reused
};

}  // namespace gordian::trace

#endif  // GORDIAN_INSTRUMENT_TRACE_FILE_WRITER_H_
