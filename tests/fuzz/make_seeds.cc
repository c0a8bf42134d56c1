// fuzz_seeds TRACE FOLDER NAME: one seed for each fuzzer from a recorded trace.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "instrument/trace/decoder.h"
#include "instrument/trace/file_reader.h"
#include "instrument/trace/text_printer.h"
#include "tests/fuzz/pieces.h"

namespace trace = gordian::trace;

namespace {

// Longer seeds only make the fuzzers slow.
constexpr std::size_t kMostWords = 4096;

void Save(const std::filesystem::path& folder, const std::string& name, const std::string& bytes) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder / name, std::ios::binary) << bytes;
}

// The records at the front of a frame, as far as a seed goes.
std::span<const std::uint64_t> Front(std::span<const std::uint64_t> words, std::string& text) {
  const std::uint64_t* const end = words.data() + words.size();
  const std::uint64_t* at = words.data();
  trace::Event event;
  while (static_cast<std::size_t>(at - words.data()) < kMostWords) {
    const trace::Decoded record = trace::Decode(at, end, event);
    if (record.error != trace::RecordError::kNone) break;
    trace::AppendRecordLine(event, record.wide, text);
    at += record.words;
  }
  return words.first(static_cast<std::size_t>(at - words.data()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fprintf(stderr, "usage: fuzz_seeds TRACE FOLDER NAME\n"), 2;
  const std::filesystem::path folder = argv[2];
  trace::FileReader reader;
  if (const trace::FileStatus status = reader.Open(argv[1]); !status.ok()) {
    return std::fprintf(stderr, "%s: %s\n", argv[1], status.message.c_str()), 2;
  }
  std::string pieces, text;
  trace::Frame frame;
  trace::FileStatus problem;
  while (reader.Next(frame, problem) == trace::FileReader::kFrame &&
         pieces.size() < 8 * kMostWords) {
    trace::AppendStreamLine(frame.stream, text);
    const std::span<const std::uint64_t> front = Front(frame.words, text);
    const std::uint64_t header = gordian::fuzz::HeaderOf(frame.stream, front.size());
    pieces.append(reinterpret_cast<const char*>(&header), sizeof header);
    pieces.append(reinterpret_cast<const char*>(front.data()), front.size_bytes());
  }
  std::filesystem::create_directories(folder / "file");
  std::filesystem::copy_file(argv[1], folder / "file" / argv[3],
                             std::filesystem::copy_options::overwrite_existing);
  Save(folder / "records", argv[3], pieces);
  Save(folder / "pipeline", argv[3], pieces);
  Save(folder / "text", argv[3], text);
  return 0;
}
