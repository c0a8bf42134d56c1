#include "instrument/trace/text_printer.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "instrument/trace/text_form.h"

namespace gordian::trace {
namespace {

template <typename Number>
void AppendNumber(Number number, std::string& out) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

void AppendEscape(unsigned code, std::string& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(code >> shift) & 15];
}

void AppendSubject(const EventSpec& spec, std::uint32_t subject, std::string& out) {
  if (spec.subject == Subject::kNone) return;
  out += spec.subject == Subject::kTask ? " #" : " ";
  AppendNumber(subject, out);
}

void AppendFlags(const Event& event, std::string& out) {
  if (event.Has(kFlagFor)) {
    out += " for=#";
    AppendNumber(event.task, out);
  }
  for (const auto& [flag, word] : kFlagWords) {
    if (event.Has(flag)) (out += ' ') += word;
  }
}

void AppendOperand(const Event& event, std::string_view name, std::uint64_t value,
                   std::string& out) {
  ((out += ' ') += name) += '=';
  if (event.type == EventType::kObjectBegin && name == "kind" &&
      value < static_cast<std::uint64_t>(ObjectKind::kKinds)) {
    out += NameOf(static_cast<ObjectKind>(value));
  } else if (event.type == EventType::kWaitGroupAdd) {
    AppendNumber(static_cast<std::int64_t>(value), out);
  } else {
    AppendNumber(value, out);
  }
}

}  // namespace

void AppendStreamLine(StreamId stream, std::string& out) {
  out += "@ ";
  AppendNumber(stream, out);
  out += '\n';
}

void AppendRecordLine(const Event& event, bool wide, std::string& out) {
  const EventSpec& spec = Spec(event.type);
  out += spec.name;
  AppendSubject(spec, event.subject, out);
  if (event.site != 0) {
    out += " s";
    AppendNumber(event.site, out);
  }
  if (wide) {
    out += " v";
    AppendNumber(event.version, out);
    AppendFlags(event, out);
  }
  for (std::size_t i = 0; i < spec.arity; ++i) {
    AppendOperand(event, spec.operands[i], event.args[i], out);
  }
  if (spec.has_text) {
    out += ' ';
    AppendQuoted(event.text, out);
  }
  out += '\n';
}

void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    const std::size_t length = Utf8Length(text);
    if (length == 0) {
      AppendEscape(kLoneByte + byte, out);
    } else if (byte == '"' || byte == '\\') {
      (out += '\\') += text.front();
    } else if (byte == '\n' || byte == '\t') {
      out += byte == '\n' ? "\\n" : "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      AppendEscape(byte, out);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

}  // namespace gordian::trace
