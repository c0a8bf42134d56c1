// The bytes of a *.gtrace file that are not records: see FORMAT.md, "The file".
//
// The trio: this header, `file_writer.h`, `file_reader.h`.
#ifndef GORDIAN_INSTRUMENT_TRACE_FILE_FORMAT_H_
#define GORDIAN_INSTRUMENT_TRACE_FILE_FORMAT_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace gordian::trace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

inline constexpr std::array<char, 8> kFileMagic = {'G', 'O', 'R', 'D', 'I', 'A', 'N', '\n'};
inline constexpr std::uint32_t kFileVersion = 1;
inline constexpr std::uint32_t kMaxFrameBytes = 64u << 20;  // inflated

struct FileHeader {
  std::array<char, 8> magic = kFileMagic;
  std::uint32_t version = kFileVersion;
  std::uint32_t flags = 0;
  std::uint64_t reserved = 0;
  std::uint64_t checksum = 0;  // of the fields above
};
static_assert(sizeof(FileHeader) == 32);

enum class FrameKind : std::uint32_t { kRecords = 1, kEnd = 2 };

struct FrameHeader {
  FrameKind kind = FrameKind::kRecords;
  std::uint32_t stream = 0;
  std::uint64_t sequence = 0;
  std::uint32_t raw_bytes = 0;
  std::uint32_t stored_bytes = 0;
  std::uint64_t checksum = 0;  // of the fields above and the payload
};
static_assert(sizeof(FrameHeader) == 32);

// What `checksum` has to be: xxh64 with seed 0.
std::uint64_t ChecksumOf(const FileHeader& header);
std::uint64_t ChecksumOf(const FrameHeader& header, std::span<const std::byte> payload);

// Why a trace file cannot be written or read. Plain, so that a recorded
// program can use it without Abseil.
enum class FileError : std::uint8_t {
  kNone = 0,
  kCannotOpen,
  kReadFailed,
  kWriteFailed,
  kNoSpace,   // the disk or the quota is full
  kTooLarge,  // the process's file size limit, or the caller's
  kEmpty,
  kBadMagic,
  kNewerVersion,
  kTruncated,  // the bytes end inside the header, inside a frame, or without an end frame
  kChecksumMismatch,
  kBadFrame,      // a frame's header cannot be
  kGivenUp,       // a part that is nothing but zeros: its room was given back
  kBadPayload,    // a frame's payload does not inflate to what its header says
  kMissingFrame,  // a frame's predecessor in its stream is not there
  kRepeatedFrame,
  kTrailingBytes,  // there is more after the end frame
};

struct FileStatus {
  FileError error = FileError::kNone;
  std::uint64_t offset = 0;  // the byte in the file
  std::string message;       // a sentence that names what is wrong and where

  bool ok() const { return error == FileError::kNone; }
};

}  // namespace gordian::trace

#endif  // GORDIAN_INSTRUMENT_TRACE_FILE_FORMAT_H_
