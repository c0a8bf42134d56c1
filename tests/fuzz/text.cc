// Any bytes as the text form: what is accepted decodes, and comes back the same when printed.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "instrument/trace/decoder.h"
#include "instrument/trace/text_parser.h"
#include "instrument/trace/text_printer.h"

namespace trace = gordian::trace;

namespace {

std::string Print(const std::vector<std::uint64_t>& words) {
  std::string text;
  trace::Event event;
  const std::uint64_t* const end = words.data() + words.size();
  for (const std::uint64_t* at = words.data(); at != end;) {
    const trace::Decoded record = trace::Decode(at, end, event);
    if (record.error != trace::RecordError::kNone) std::abort();
    trace::AppendRecordLine(event, record.wide, text);
    at += record.words;
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  trace::TextParser parser, again;
  std::vector<std::uint64_t> introduction, words, same;
  again.ParseLine("@ 1", introduction);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    words.clear();
    if (parser.ParseLine(text.substr(0, end), words) && !words.empty()) {
      std::string line = Print(words);
      line.pop_back();
      same.clear();
      if (!again.ParseLine(line, same) || same != words) std::abort();
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return 0;
}
