#include "tests/shapes/judge.h"

#include <algorithm>
#include <set>

namespace shapes {
namespace {

// A program that ended itself by a panic that left a goroutine.
constexpr std::string_view kPanic = "panic";

std::vector<std::string> Split(std::string_view text, std::string_view separators) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find_first_of(separators), text.size());
    if (length > 0) parts.emplace_back(text.substr(0, length));
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return parts;
}

bool Contains(const std::vector<std::string>& words, const std::string& word) {
  return std::count(words.begin(), words.end(), word) > 0;
}

std::string Join(const std::set<std::string>& words, std::string_view separator) {
  std::string joined;
  for (const std::string& word : words) {
    if (!joined.empty()) joined += separator;
    joined += word;
  }
  return joined;
}

// Each rule and verdict once.
std::string FoundText(const Outcome& outcome, std::string_view nothing) {
  std::set<std::string> words;
  for (const Found& found : outcome.findings) {
    words.insert("`" + found.rule + "` " + found.verdict);
  }
  return words.empty() ? std::string(nothing) : Join(words, ", ");
}

}  // namespace

Judgement Judge(const Outcome& outcome, std::string_view expected, std::string_view allowed) {
  Judgement judgement;
  std::vector<Found> left = outcome.findings;
  for (const std::string& word : Split(expected, " ")) {
    if (word == kPanic) {
      if (outcome.diagnostics.find(word) == std::string::npos) judgement.missing.push_back(word);
      continue;
    }
    const std::vector<std::string> alternatives = Split(word, "|");
    const auto answer = std::find_if(left.begin(), left.end(), [&](const Found& found) {
      return Contains(alternatives, found.Text());
    });
    if (answer == left.end()) {
      judgement.missing.push_back(word);
    } else {
      left.erase(answer);
    }
  }
  const std::vector<std::string> also = Split(allowed, " ");
  for (const Found& found : left) {
    if (!Contains(also, found.rule)) judgement.unexpected.push_back(found.Text());
  }
  return judgement;
}

std::vector<std::string> Unmentioned(const Outcome& outcome, std::string_view mentions) {
  std::vector<std::string> unmentioned;
  for (const std::string& name : Split(mentions, ",")) {
    if (outcome.report.find('"' + name + '"') == std::string::npos) unmentioned.push_back(name);
  }
  return unmentioned;
}

std::string RulesOf(std::string_view expected) {
  std::set<std::string> rules;
  for (const std::string& word : Split(expected, " |"))
    rules.insert(word.substr(0, word.find('=')));
  return Join(rules, " ");
}

std::string TableRow(const Expectation& expectation, const Outcome& bug, const Outcome* clean,
                     const Outcome& twin) {
  std::string name(expectation.name);
  std::replace(name.begin(), name.end(), '_', ' ');
  const bool panics = expectation.bug == kPanic;
  const std::vector<std::string> cells = {
      std::to_string(expectation.shape), name,
      FoundText(bug, panics ? "the program's own panic" : "nothing"),
      clean == nullptr ? "strikes always" : FoundText(*clean, "–"), FoundText(twin, "silent")};
  std::string row = "|";
  for (const std::string& cell : cells) row += " " + cell + " |";
  return row + "\n";
}

std::string_view TableHead() {
  return "| | shape | found when it happens | found from a clean run | twin |\n"
         "|---|---|---|---|---|\n";
}

}  // namespace shapes
