// Function names as people say them.
//
// Compilers write the same function in many ways: a source location has the return type and
// parameters ("void f(int) [T = int]"), a demangled symbol has template arguments and
// ABI tags. One left-to-right scan that knows brackets keeps the qualified name alone.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "detector/symbols/frame.h"

namespace gordian::detector {
namespace {

constexpr std::string_view kOperator = "operator";

bool IsIdentifier(char c) { return absl::ascii_isalnum(c) || c == '_' || c == '$'; }

// The position after the bracket that closes the one at `open`, or the end.
std::size_t SkipBrackets(std::string_view text, std::size_t open) {
  const char opening = text[open];
  const char closing = opening == '(' ? ')' : opening == '<' ? '>' : opening == '[' ? ']' : '}';
  int depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == opening) ++depth;
    if (text[i] == closing && !(closing == '>' && i > 0 && text[i - 1] == '-') && --depth == 0) {
      return i + 1;
    }
  }
  return text.size();
}

// What a bracketed part of the *name* stands for, or "" where the bracket is a parameter list.
std::string_view BracketedName(std::string_view bracket) {
  if (bracket.find("lambda") != std::string_view::npos) return "(lambda)";
  if (bracket.starts_with("(anonymous class") || bracket.starts_with("{unnamed type")) {
    return "(lambda)";
  }
  if (bracket.starts_with("(anonymous") || bracket.starts_with("{anonymous")) {
    return "(anonymous)";
  }
  return "";
}

// The length of the operator's symbol that follows the word `operator` at `at`, 0 for none.
std::size_t OperatorSymbol(std::string_view text, std::size_t at) {
  static constexpr std::array<std::string_view, 9> kLongest = {"<=>", "<<=", ">>=", "->*", "()",
                                                               "[]",  "->",  "<<",  ">>"};
  static constexpr std::string_view kSymbols = "+-*/%^&|~!=<>,";
  const std::string_view rest = text.substr(at);
  for (std::string_view symbol : kLongest) {
    if (rest.starts_with(symbol)) return symbol.size();
  }
  std::size_t length = 0;
  while (length < rest.size() && kSymbols.find(rest[length]) != std::string_view::npos) ++length;
  return length;
}

// The scan: appends to `name` what belongs to it; a space outside of brackets starts the
// name anew (what came before was a return type), a parameter list ends it.
class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  std::string Run() {
    while (at_ < text_.size() && !done_) Step();
    return std::move(name_);
  }

 private:
  void Step() {
    if (AtOperator()) return TakeOperator();
    switch (text_[at_]) {
      case '<':
        TakeAngles();
        break;
      case '[':  // "[T = int]", "[abi:cxx11]"
        at_ = SkipBrackets(text_, at_);
        break;
      case '(':
      case '{':
      case '\'':
        TakeBracket();
        break;
      case ' ':
        StartAnew();
        break;
      case '*':
      case '&':
        ++at_;
        break;
      default:
        name_ += text_[at_++];
    }
  }

  bool AtOperator() const {
    if (!text_.substr(at_).starts_with(kOperator)) return false;
    if (at_ > 0 && IsIdentifier(text_[at_ - 1])) return false;
    const std::size_t end = at_ + kOperator.size();
    return end >= text_.size() || !IsIdentifier(text_[end]);
  }

  void TakeOperator() {
    const std::size_t end = at_ + kOperator.size();
    const std::size_t symbol = OperatorSymbol(text_, end);
    if (symbol > 0) {
      name_ += text_.substr(at_, kOperator.size() + symbol);
      at_ = end + symbol;
      return;
    }
    // A conversion or a named operator: "operator bool()", "operator new(…)".
    const std::size_t open = std::min(text_.find('(', end), text_.size());
    name_ += text_.substr(at_, open - at_);
    at_ = open;
    done_ = true;
  }

  // Template arguments; but gcc says "main()::<lambda(int)> mutable".
  void TakeAngles() {
    const std::size_t end = SkipBrackets(text_, at_);
    const std::string_view said = BracketedName(text_.substr(at_, end - at_));
    at_ = end;
    if (said.empty() || !name_.ends_with("::")) return;
    name_ += said;
    done_ = !text_.substr(at_).starts_with("::");
  }

  void TakeBracket() {
    if (text_[at_] == '\'') {  // 'lambda'(int), the demangler's word for it
      const std::size_t close = text_.find('\'', at_ + 1);
      const std::size_t end = close == std::string_view::npos ? text_.size() : close + 1;
      name_ += BracketedName(text_.substr(at_, end - at_));
      at_ = end;
      if (at_ < text_.size() && text_[at_] != ':') {
        const std::size_t open = text_.find('(', at_);
        at_ = open == std::string_view::npos ? text_.size() : SkipBrackets(text_, open);
      }
      return;
    }
    const std::size_t end = SkipBrackets(text_, at_);
    const std::string_view bracket = text_.substr(at_, end - at_);
    const std::string_view said = BracketedName(bracket);
    at_ = end;
    if (!said.empty() && (name_.empty() || name_.ends_with("::"))) {
      name_ += said;
      return;
    }
    // A parameter list. The name goes on only where something is nested in the function.
    std::string_view rest = text_.substr(at_);
    for (std::string_view qualifier : {" const", " volatile", " &&", " &", " noexcept"}) {
      if (rest.starts_with(qualifier)) rest.remove_prefix(qualifier.size());
    }
    if (rest.starts_with("::")) {
      at_ = text_.size() - rest.size();
    } else {
      done_ = !name_.empty();
    }
  }

  void StartAnew() {
    ++at_;
    if (name_.ends_with("::")) return;
    if (text_.substr(at_).starts_with("[") || at_ >= text_.size()) return;
    name_.clear();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string name_;
  bool done_ = false;
};

// "f::$_3" → "f::(lambda)", "f::(lambda)::operator()" → "f::(lambda)".
std::string SayLambdas(std::string name) {
  for (std::size_t at = name.find("$_"); at != std::string::npos; at = name.find("$_", at)) {
    std::size_t end = at + 2;
    while (end < name.size() && absl::ascii_isdigit(name[end])) ++end;
    name.replace(at, end - at, "(lambda)");
  }
  constexpr std::string_view kCall = "(lambda)::operator()";
  for (std::size_t at = name.find(kCall); at != std::string::npos; at = name.find(kCall, at)) {
    name.replace(at, kCall.size(), "(lambda)");
  }
  constexpr std::string_view kAnonymous = "(anonymous)::";
  for (std::size_t at = name.find(kAnonymous); at != std::string::npos;
       at = name.find(kAnonymous)) {
    name.erase(at, kAnonymous.size());
  }
  return name;
}

}  // namespace

std::string FunctionName(std::string_view function) {
  std::string name = SayLambdas(Scan(function).Run());
  return name.empty() ? std::string(function) : name;
}

std::string VariableName(std::string_view variable) {
  std::string name(variable.substr(0, variable.find(" (.")));
  constexpr std::string_view kAnonymous = "(anonymous namespace)::";
  for (std::size_t at = name.find(kAnonymous); at != std::string::npos;
       at = name.find(kAnonymous)) {
    name.erase(at, kAnonymous.size());
  }
  return name;
}

}  // namespace gordian::detector
