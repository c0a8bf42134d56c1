// The file, written with the real writer and read with the real reader: one test
// per kind of damage.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "instrument/trace/encoder.h"
#include "instrument/trace/file_reader.h"
#include "instrument/trace/file_writer.h"

namespace gordian::trace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Words = std::vector<std::uint64_t>;

struct ReadFrame {
  StreamId stream;
  Words words;
  bool operator==(const ReadFrame&) const = default;
};

struct Contents {
  FileStatus opened;
  std::vector<ReadFrame> frames;
  std::vector<FileStatus> problems;
  bool complete = false;

  std::vector<FileError> Errors() const {
    std::vector<FileError> errors;
    for (const FileStatus& problem : problems) errors.push_back(problem.error);
    return errors;
  }
};

// Some records of one stream.
Words Locks(std::uint32_t object, std::size_t count) {
  Words words;
  for (std::size_t i = 0; i < count; ++i) {
    Encode({.type = EventType::kLock, .subject = object}, words);
  }
  return words;
}

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    path_ = ::testing::TempDir() + "file_test_" + std::to_string(getpid()) + ".gtrace";
  }
  void TearDown() override { ::unlink(path_.c_str()); }

  // Frames of streams 1, 2 and 1, and the end frame.
  void WriteThreeFrames() {
    FileWriter writer;
    ASSERT_TRUE(writer.Open(path_).ok());
    for (const auto& [stream, words] : frames_) {
      frame_offsets_.push_back(writer.bytes());
      ASSERT_TRUE(writer.Write(stream, words).ok());
    }
    frame_offsets_.push_back(writer.bytes());
    ASSERT_TRUE(writer.Close().ok());
    std::ifstream file(path_, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
  }

  Contents Read() const {
    FileReader reader;
    Contents contents;
    contents.opened = reader.Open(path_);
    Frame frame;
    FileStatus problem;
    for (;;) {
      const FileReader::Result result = reader.Next(frame, problem);
      if (result == FileReader::kEnd) break;
      if (result == FileReader::kProblem) {
        contents.problems.push_back(problem);
      } else {
        contents.frames.push_back({frame.stream, {frame.words.begin(), frame.words.end()}});
      }
    }
    contents.complete = reader.complete();
    return contents;
  }

  Contents ReadBytes(const std::string& bytes) const {
    std::ofstream(path_, std::ios::binary) << bytes;
    return Read();
  }

  std::string Flipped(std::size_t at) const {
    std::string bytes = bytes_;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
    return bytes;
  }

  std::string Without(std::size_t from, std::size_t to) const {
    return bytes_.substr(0, from) + bytes_.substr(to);
  }

  const std::vector<ReadFrame> frames_ = {{1, Locks(1, 100)}, {2, Locks(2, 50)}, {1, Locks(3, 7)}};
  std::vector<std::size_t> frame_offsets_;  // of each frame, and of the end frame
  std::string bytes_;
  std::string path_;
};

TEST_F(FileTest, WhatIsWrittenIsRead) {
  WriteThreeFrames();
  const Contents contents = Read();
  EXPECT_TRUE(contents.opened.ok());
  EXPECT_EQ(contents.frames, frames_);
  EXPECT_THAT(contents.problems, IsEmpty());
  EXPECT_TRUE(contents.complete);
}

TEST_F(FileTest, ATraceOfNothingIsComplete) {
  FileWriter writer;
  ASSERT_TRUE(writer.Open(path_).ok());
  ASSERT_TRUE(writer.Close().ok());
  EXPECT_TRUE(Read().complete);
}

TEST_F(FileTest, ALongWriteIsSplitBetweenRecords) {
  const Words words = Locks(1, 1'200'000);
  FileWriter writer;
  ASSERT_TRUE(writer.Open(path_).ok());
  ASSERT_TRUE(writer.Write(4, words).ok());
  ASSERT_TRUE(writer.Close().ok());
  const Contents contents = Read();
  EXPECT_EQ(contents.frames.size(), 3u);
  Words all;
  for (const ReadFrame& frame : contents.frames) {
    all.insert(all.end(), frame.words.begin(), frame.words.end());
  }
  EXPECT_EQ(all, words);
}

TEST_F(FileTest, ReadsFromAPipe) {
  WriteThreeFrames();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], bytes_.data(), bytes_.size()), static_cast<ssize_t>(bytes_.size()));
  ::close(ends[1]);
  FileReader reader;
  ASSERT_TRUE(reader.Adopt(ends[0]).ok());
  Frame frame;
  FileStatus problem;
  int frames = 0;
  while (reader.Next(frame, problem) == FileReader::kFrame) ++frames;
  EXPECT_EQ(frames, 3);
  EXPECT_TRUE(reader.complete());
}

// --- Headers ---

TEST_F(FileTest, NoSuchFile) {
  path_ = "/nowhere/at/all.gtrace";
  const Contents contents = Read();
  EXPECT_EQ(contents.opened.error, FileError::kCannotOpen);
  EXPECT_THAT(contents.opened.message, HasSubstr("/nowhere/at/all.gtrace: No such file"));
}

TEST_F(FileTest, ADirectory) {
  path_ = "/tmp";
  EXPECT_EQ(Read().opened.error, FileError::kReadFailed);
}

TEST_F(FileTest, Empty) { EXPECT_EQ(ReadBytes("").opened.error, FileError::kEmpty); }

TEST_F(FileTest, BadMagic) {
  EXPECT_EQ(ReadBytes("\x7f"
                      "ELF and what follows it in such a file")
                .opened.error,
            FileError::kBadMagic);
  EXPECT_EQ(ReadBytes("ELF").opened.error, FileError::kBadMagic);
}

TEST_F(FileTest, TruncatedInHeader) {
  WriteThreeFrames();
  for (const std::size_t length : {1u, 8u, 20u, 31u}) {
    const Contents contents = ReadBytes(bytes_.substr(0, length));
    EXPECT_EQ(contents.opened.error, FileError::kTruncated) << length;
    EXPECT_EQ(contents.opened.offset, length);
    EXPECT_THAT(contents.frames, IsEmpty());
  }
}

TEST_F(FileTest, NewerVersion) {
  WriteThreeFrames();
  FileHeader header;
  header.version = 7;
  header.checksum = ChecksumOf(header);
  std::memcpy(bytes_.data(), &header, sizeof header);
  const Contents contents = ReadBytes(bytes_);
  EXPECT_EQ(contents.opened.error, FileError::kNewerVersion);
  EXPECT_THAT(contents.opened.message, HasSubstr("version 7"));
  EXPECT_THAT(contents.opened.message, HasSubstr("up to 1"));
}

TEST_F(FileTest, ChecksumMismatchInHeader) {
  WriteThreeFrames();
  EXPECT_EQ(ReadBytes(Flipped(20)).opened.error, FileError::kChecksumMismatch);
}

// --- Frames ---

TEST_F(FileTest, ChecksumMismatch) {
  WriteThreeFrames();
  const Contents contents = ReadBytes(Flipped(frame_offsets_[1] + sizeof(FrameHeader) + 2));
  EXPECT_THAT(contents.Errors(), ElementsAre(FileError::kChecksumMismatch));
  EXPECT_EQ(contents.problems[0].offset, frame_offsets_[1]);
  EXPECT_THAT(contents.frames, ElementsAre(frames_[0], frames_[2]));
  EXPECT_FALSE(contents.complete);
}

TEST_F(FileTest, ADamagedLengthCostsOneFrame) {
  WriteThreeFrames();
  for (const std::size_t field : {offsetof(FrameHeader, stored_bytes), std::size_t{0},
                                  offsetof(FrameHeader, raw_bytes) + 3}) {
    const Contents contents = ReadBytes(Flipped(frame_offsets_[0] + field));
    EXPECT_EQ(contents.problems.front().offset, frame_offsets_[0]) << field;
    // Stream 1's first frame is gone, and its second one says so.
    EXPECT_EQ(contents.Errors().back(), FileError::kMissingFrame);
    EXPECT_THAT(contents.frames, ElementsAre(frames_[1], frames_[2]));
  }
}

TEST_F(FileTest, MissingFrame) {
  WriteThreeFrames();
  const Contents contents = ReadBytes(Without(frame_offsets_[0], frame_offsets_[1]));
  EXPECT_THAT(contents.Errors(), ElementsAre(FileError::kMissingFrame));
  EXPECT_THAT(contents.problems[0].message, HasSubstr("frames 0 to 0 of stream 1"));
  EXPECT_THAT(contents.frames, ElementsAre(frames_[1], frames_[2]));
}

TEST_F(FileTest, RepeatedFrame) {
  WriteThreeFrames();
  const std::string again = bytes_.substr(0, frame_offsets_[1]) + bytes_.substr(frame_offsets_[0]);
  const Contents contents = ReadBytes(again);
  EXPECT_THAT(contents.Errors(), ElementsAre(FileError::kRepeatedFrame));
  EXPECT_EQ(contents.frames, frames_);
}

TEST_F(FileTest, CutAnywhereKeepsTheWholeFrames) {
  WriteThreeFrames();
  for (std::size_t length = sizeof(FileHeader); length < bytes_.size(); ++length) {
    const Contents contents = ReadBytes(bytes_.substr(0, length));
    EXPECT_THAT(contents.Errors(), ElementsAre(FileError::kTruncated)) << length;
    EXPECT_FALSE(contents.complete);
    std::size_t whole = 0;
    while (frame_offsets_[whole + 1] <= length && whole + 1 < frame_offsets_.size() - 1) ++whole;
    if (length >= frame_offsets_[3]) whole = 3;
    EXPECT_EQ(contents.frames.size(), whole) << length;
    EXPECT_EQ(contents.problems[0].offset, frame_offsets_[whole]) << length;
  }
}

TEST_F(FileTest, TrailingBytes) {
  WriteThreeFrames();
  const Contents contents = ReadBytes(bytes_ + "more");
  EXPECT_THAT(contents.Errors(), ElementsAre(FileError::kTrailingBytes));
  EXPECT_EQ(contents.problems[0].offset, bytes_.size());
  EXPECT_EQ(contents.frames, frames_);
}

TEST_F(FileTest, APayloadOfAnotherSizeThanTheHeaderSays) {
  WriteThreeFrames();
  FrameHeader header;
  char* const frame = bytes_.data() + frame_offsets_[1];
  std::memcpy(&header, frame, sizeof header);
  header.raw_bytes += 8;
  header.checksum = ChecksumOf(
      header, {reinterpret_cast<std::byte*>(frame + sizeof header), header.stored_bytes});
  std::memcpy(frame, &header, sizeof header);
  const Contents contents = ReadBytes(bytes_);
  EXPECT_THAT(contents.Errors(), ElementsAre(FileError::kBadPayload));
  EXPECT_THAT(contents.frames, ElementsAre(frames_[0], frames_[2]));
}

// --- Writing where it cannot go on ---

TEST_F(FileTest, AnUnwritablePathIsSaid) {
  FileWriter writer;
  EXPECT_EQ(writer.Open("/nowhere/at/all.gtrace").error, FileError::kCannotOpen);
  EXPECT_EQ(writer.Write(1, Locks(1, 1)).error, FileError::kCannotOpen);
}

TEST_F(FileTest, AFullDiskIsSaid) {
  FileWriter writer;
  const FileStatus status = writer.Open("/dev/full");
  EXPECT_EQ(status.error, FileError::kNoSpace);
  EXPECT_EQ(writer.Close().error, FileError::kNoSpace);
}

TEST_F(FileTest, TheProcesssFileSizeLimitIsNotPassed) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 200;
  FileWriter writer;
  ASSERT_TRUE(writer.Open(path_).ok());
  ASSERT_TRUE(writer.Write(1, Locks(1, 10)).ok());
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  FileStatus status;
  for (int i = 0; i < 10 && status.ok(); ++i) status = writer.Write(1, Locks(1, 10));
  EXPECT_EQ(writer.Close().error, FileError::kTooLarge);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(status.error, FileError::kTooLarge);
  const Contents contents = Read();
  EXPECT_THAT(contents.Errors(), ElementsAre(FileError::kTruncated));
  EXPECT_EQ(contents.frames.front(), (ReadFrame{1, Locks(1, 10)}));
}

TEST_F(FileTest, TheCallersLimitIsNotPassed) {
  FileWriter writer;
  writer.set_max_bytes(100);
  ASSERT_TRUE(writer.Open(path_).ok());
  FileStatus status;
  for (int i = 0; i < 10 && status.ok(); ++i) status = writer.Write(1, Locks(1, 10));
  EXPECT_EQ(status.error, FileError::kTooLarge);
  EXPECT_THAT(status.message, HasSubstr("100 bytes"));
  EXPECT_LE(writer.bytes(), 100u);
}

}  // namespace
}  // namespace gordian::trace
