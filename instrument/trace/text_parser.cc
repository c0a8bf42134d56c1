#include "instrument/trace/text_parser.h"

#include <charconv>
#include <limits>
#include <optional>
#include <unordered_map>

#include "instrument/trace/encoder.h"
#include "instrument/trace/text_form.h"
#include "instrument/trace/wire.h"

namespace gordian::trace {
namespace {

EventType TypeByName(std::string_view name) {
  static const auto& types = *[] {
    auto* map = new std::unordered_map<std::string_view, EventType>;
    for (std::size_t type = 1; type < kEventTypes; ++type) {
      const auto value = static_cast<EventType>(type);
      map->emplace(Spec(value).name, value);
    }
    return map;
  }();
  const auto found = types.find(name);
  return found == types.end() ? EventType::kNone : found->second;
}

std::string Quote(std::string_view text) { return '`' + std::string(text) + '`'; }

void AppendUtf8(unsigned code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr unsigned kLead[] = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[more] | (code >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80 | ((code >> (6 * i)) & 0x3F));
}

// Walks through one line and keeps the first error.
class Cursor {
 public:
  explicit Cursor(std::string_view line) : rest_(line) { SkipSpace(); }

  bool ok() const { return error_.empty(); }
  const std::string& error() const { return error_; }
  bool AtEnd() const { return rest_.empty(); }
  char Peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  void Fail(std::string message) {
    if (ok()) error_ = std::move(message);
  }

  // The next word, up to a space.
  std::string_view Word() {
    const std::size_t end = std::min(rest_.find_first_of(" \t\r"), rest_.size());
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    SkipSpace();
    return word;
  }

  // `word` as a number of at most `max`; negative ones count down from 2^64.
  std::uint64_t Number(std::string_view word, std::string_view what, std::uint64_t max) {
    std::uint64_t value = 0;
    const bool negative = word.starts_with('-') && max == std::numeric_limits<std::uint64_t>::max();
    const char* const end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data() + negative, end, value);
    if (error != std::errc{} || stop != end || value > max) {
      Fail(std::string(what) + " cannot be " + Quote(word));
      return 0;
    }
    return negative ? std::uint64_t{0} - value : value;
  }

  // A text in quotes.
  void Text(std::string& out) {
    out.clear();
    if (Peek() != '"') return Fail("a text in quotes is missing at the end");
    rest_.remove_prefix(1);
    while (ok() && Peek() != '"') {
      if (rest_.empty()) return Fail("the text has no closing quote");
      if (Peek() == '\\') {
        Escape(out);
      } else {
        out += rest_.front();
        rest_.remove_prefix(1);
      }
    }
    if (!ok()) return;
    rest_.remove_prefix(1);
    SkipSpace();
    if (out.size() > kMaxTextBytes) Fail("the text is longer than 64 KiB");
  }

 private:
  void SkipSpace() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r"), rest_.size()));
  }

  void Escape(std::string& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char name = rest_.size() > 1 ? rest_[1] : '\0';
    if (name == 'u') return Unicode(out);
    const std::size_t at = kNames.find(name);
    if (name == '\0' || at == std::string_view::npos) return Fail("the text has an unknown escape");
    out += kMeanings[at];
    rest_.remove_prefix(2);
  }

  void Unicode(std::string& out) {
    unsigned code = Hex4();
    const bool high = code >= 0xD800 && code < 0xDC00;
    if (ok() && high && rest_.starts_with("\\u")) {
      const unsigned low = Hex4();
      if (ok() && (low < 0xDC00 || low > 0xDFFF)) return Fail("the text has half a character");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    if (!ok()) return;
    if (code >= kLoneByte + 0x80 && code <= kLoneByte + 0xFF) {
      out += static_cast<char>(code - kLoneByte);
    } else if (code >= 0xD800 && code < 0xE000) {
      Fail("the text has half a character");
    } else {
      AppendUtf8(code, out);
    }
  }

  // The number in \uXXXX.
  unsigned Hex4() {
    unsigned code = 0;
    const std::string_view digits = rest_.substr(std::min<std::size_t>(2, rest_.size()), 4);
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, code, 16);
    if (digits.size() != 4 || error != std::errc{} || stop != end) {
      Fail("the text has a bad \\u escape");
      return 0;
    }
    rest_.remove_prefix(6);
    return code;
  }

  std::string_view rest_;
  std::string error_;
};

void ParseSubject(Cursor& cursor, const EventSpec& spec, Event& event) {
  if (spec.subject == Subject::kNone) return;
  std::string_view word = cursor.Word();
  if (spec.subject == Subject::kTask) {
    if (!word.starts_with('#')) return cursor.Fail("a task, as `#1`, has to follow the name");
    word.remove_prefix(1);
  }
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
  event.subject = static_cast<std::uint32_t>(cursor.Number(word, "the subject", kMax));
  if (spec.order == Order::kOrdered && event.subject == 0) cursor.Fail("object 0 has no versions");
}

std::uint64_t ParseOperand(Cursor& cursor, EventType type, std::string_view name,
                           std::string_view value) {
  if (type == EventType::kObjectBegin && name == "kind") {
    if (const std::optional<ObjectKind> kind = ObjectKindNamed(value)) {
      return static_cast<std::uint64_t>(*kind);
    }
  }
  return cursor.Number(value, Quote(name), std::numeric_limits<std::uint64_t>::max());
}

// What follows the subject, up to the text. Which operands were seen is counted in bits.
class Fields {
 public:
  Fields(Cursor& cursor, const EventSpec& spec, Event& event)
      : cursor_(cursor), spec_(spec), event_(event) {}

  void Parse() {
    while (cursor_.ok() && !cursor_.AtEnd() && cursor_.Peek() != '"' && cursor_.Peek() != '#') {
      Field(cursor_.Word());
    }
    for (std::size_t i = 0; i < spec_.arity; ++i) {
      if ((seen_ & (1u << i)) == 0) cursor_.Fail(Quote(spec_.operands[i]) + " is missing");
    }
    if (wide_ && spec_.order == Order::kOrdered && event_.version == 0) {
      cursor_.Fail("an ordered event cannot take version 0");
    }
  }
  bool wide() const { return wide_; }

 private:
  void Field(std::string_view word) {
    for (const auto& [flag, name] : kFlagWords) {
      if (word == name) return AddFlag(flag);
    }
    const std::size_t equals = word.find('=');
    if (equals != std::string_view::npos) {
      return Operand(word.substr(0, equals), word.substr(equals + 1));
    }
    if (word.starts_with('s')) {
      event_.site = static_cast<SiteId>(cursor_.Number(word.substr(1), "the site", kMaxSite));
    } else if (word.starts_with('v')) {
      wide_ = true;
      event_.version = cursor_.Number(word.substr(1), "the version", kMaxVersion);
    } else {
      cursor_.Fail(Quote(word) + " means nothing here");
    }
  }

  void AddFlag(Flag flag) {
    wide_ = true;
    event_.flags |= flag;
  }

  void Operand(std::string_view name, std::string_view value) {
    if (name == "for") {
      AddFlag(kFlagFor);
      if (!value.starts_with('#')) return cursor_.Fail("`for` needs a task, as `for=#1`");
      constexpr std::uint64_t kMax = std::numeric_limits<TaskId>::max();
      event_.task = static_cast<TaskId>(cursor_.Number(value.substr(1), "`for`", kMax));
      if (event_.task == 0) cursor_.Fail("`for` cannot be task 0");
      return;
    }
    for (std::size_t i = 0; i < spec_.arity; ++i) {
      if (spec_.operands[i] != name) continue;
      seen_ |= 1u << i;
      event_.args[i] = ParseOperand(cursor_, event_.type, name, value);
      return;
    }
    cursor_.Fail(Quote(spec_.name) + " has no " + Quote(name));
  }

  Cursor& cursor_;
  const EventSpec& spec_;
  Event& event_;
  bool wide_ = false;
  unsigned seen_ = 0;
};

StreamId ParseStream(Cursor& cursor) {
  cursor.Word();
  constexpr std::uint64_t kMax = std::numeric_limits<StreamId>::max();
  const auto stream = static_cast<StreamId>(cursor.Number(cursor.Word(), "the stream", kMax));
  if (cursor.ok() && stream == 0) cursor.Fail("streams are numbered from 1");
  return stream;
}

}  // namespace

bool TextParser::ParseLine(std::string_view line, std::vector<std::uint64_t>& words) {
  ++line_;
  Cursor cursor(line);
  if (cursor.AtEnd() || cursor.Peek() == '#') return true;
  StreamId stream = stream_;
  Event event;
  bool wide = false;
  if (cursor.Peek() == '@') {
    stream = ParseStream(cursor);
  } else {
    const std::string_view name = cursor.Word();
    event.type = TypeByName(name);
    if (event.type == EventType::kNone) cursor.Fail("no event is named " + Quote(name));
    if (cursor.ok() && stream == 0) cursor.Fail("a stream, as `@ 1`, has to come before events");
    const EventSpec& spec = Spec(event.type);
    if (cursor.ok()) ParseSubject(cursor, spec, event);
    Fields fields(cursor, spec, event);
    if (cursor.ok()) fields.Parse();
    wide = fields.wide();
    if (cursor.ok() && spec.has_text) cursor.Text(text_);
    if (spec.has_text) event.text = text_;
  }
  if (cursor.ok() && !cursor.AtEnd() && cursor.Peek() != '#')
    cursor.Fail("there is more than fits");
  if (!cursor.ok()) {
    error_ = "line " + std::to_string(line_) + ": " + cursor.error();
    return false;
  }
  stream_ = stream;
  if (event.type != EventType::kNone) Encode(event, words, wide);
  return true;
}

}  // namespace gordian::trace
