#include "instrument/trace/encoder.h"

#include <cstring>

#include "instrument/trace/wire.h"

namespace gordian::trace {
namespace {

void EncodeText(std::string_view text, std::vector<std::uint64_t>& out) {
  text = text.substr(0, kMaxTextBytes);
  out.push_back(text.size());
  if (text.empty()) return;
  const std::size_t at = out.size();
  out.resize(at + (text.size() + 7) / 8, 0);
  std::memcpy(out.data() + at, text.data(), text.size());
}

}  // namespace

void Encode(const Event& event, std::vector<std::uint64_t>& out, bool wide) {
  wide = wide || event.version != 0 || event.flags != 0;
  const EventSpec& spec = Spec(event.type);
  out.push_back(Head(event.type, wide, event.site, event.subject));
  if (wide) out.push_back(Ext(event.version, event.flags));
  if (event.Has(kFlagFor)) out.push_back(event.task);
  out.insert(out.end(), event.args.begin(), event.args.begin() + spec.arity);
  if (spec.has_text) EncodeText(event.text, out);
}

}  // namespace gordian::trace
