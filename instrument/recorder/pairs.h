// Cuts `key=value:key='a value' key=value` into pairs.
#ifndef GORDIAN_INSTRUMENT_RECORDER_PAIRS_H_
#define GORDIAN_INSTRUMENT_RECORDER_PAIRS_H_

#include <string>
#include <string_view>

namespace gordian::recorder {

class Pairs {
 public:
  // Pairs stand apart by any of `separators`. Both texts have to outlive it.
  explicit Pairs(std::string_view text, std::string_view separators = ": \t\n\r")
      : rest_(text), separators_(separators) {}

  // False at the end of the text.
  bool Next(std::string& key, std::string& value) {
    while (!rest_.empty() && IsSeparator(rest_.front())) rest_.remove_prefix(1);
    if (rest_.empty()) return false;
    key.clear();
    value.clear();
    while (!rest_.empty() && !IsSeparator(rest_.front()) && rest_.front() != '=') {
      key += Pop();
    }
    if (rest_.empty() || rest_.front() != '=') return true;
    Pop();
    const bool quoted = !rest_.empty() && (rest_.front() == '"' || rest_.front() == '\'');
    const char quote = quoted ? Pop() : '\0';
    while (!rest_.empty() && (quoted ? rest_.front() != quote : !IsSeparator(rest_.front()))) {
      value += Pop();
    }
    if (quoted && !rest_.empty()) Pop();
    return true;
  }

 private:
  bool IsSeparator(char c) const { return separators_.find(c) != std::string_view::npos; }
  char Pop() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string_view rest_;
  const std::string_view separators_;
};

}  // namespace gordian::recorder

#endif  // GORDIAN_INSTRUMENT_RECORDER_PAIRS_H_
