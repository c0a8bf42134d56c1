#include "lib/inprocess/gtest_results.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace gordian::inprocess {
namespace {

// Where GoogleTest puts what fails outside of any test.
constexpr std::string_view kNoSuite = "NonTestSuiteFailure";

std::string Seconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", seconds);
  return text;
}

// --- XML ---------------------------------------------------------------------

struct Case {
  std::string name;  // "Suite.Name"
  std::string text;  // the element
  double seconds = 0;
  bool failed = false, skipped = false, disabled = false;
};

struct Suite {
  std::string name, timestamp;
  std::vector<Case> cases;
};

std::string Attribute(std::string_view tag, const std::string& key) {
  const std::string before = " " + key + "=\"";
  const std::size_t at = tag.find(before);
  if (at == std::string_view::npos) return "";
  const std::size_t from = at + before.size();
  return std::string(tag.substr(from, tag.find('"', from) - from));
}

// Goes from tag to tag, over the character data between them.
class Tags {
 public:
  explicit Tags(std::string_view text) : text_(text) {}

  // The next one with its brackets; empty at the end.
  std::string_view Next() {
    constexpr std::string_view kData = "<![CDATA[";
    for (;;) {
      begin_ = text_.find('<', end_);
      if (begin_ == std::string_view::npos) return {};
      const bool is_data = text_.substr(begin_, kData.size()) == kData;
      const std::string_view close = is_data ? "]]>" : ">";
      const std::size_t at = text_.find(close, begin_);
      if (at == std::string_view::npos) return {};
      end_ = at + close.size();
      if (!is_data) return text_.substr(begin_, end_ - begin_);
    }
  }
  std::size_t begin() const { return begin_; }
  std::size_t end() const { return end_; }

 private:
  std::string_view text_;
  std::size_t begin_ = 0, end_ = 0;
};

std::vector<Suite> ParseXml(std::string_view text) {
  std::vector<Suite> suites;
  Tags tags(text);
  for (std::string_view tag = tags.Next(); !tag.empty(); tag = tags.Next()) {
    if (tag.starts_with("<testsuite ")) {
      suites.push_back({Attribute(tag, "name"), Attribute(tag, "timestamp"), {}});
    }
    if (!tag.starts_with("<testcase ") || suites.empty()) continue;
    const std::size_t begin = tags.begin();
    Case one;
    one.name = Attribute(tag, "classname") + "." + Attribute(tag, "name");
    one.seconds = std::atof(Attribute(tag, "time").c_str());
    one.skipped = Attribute(tag, "result") == "skipped";
    one.disabled = Attribute(tag, "status") == "notrun";
    if (!tag.ends_with("/>")) {
      do {
        tag = tags.Next();
        one.failed |= tag.starts_with("<failure");
      } while (!tag.empty() && tag != "</testcase>");
    }
    one.text = text.substr(begin, tags.end() - begin);
    suites.back().cases.push_back(std::move(one));
  }
  return suites;
}

// The sums of some cases, as attributes.
std::string Sums(const std::vector<const Case*>& cases, bool with_skipped) {
  std::size_t failed = 0, skipped = 0, disabled = 0;
  double seconds = 0;
  for (const Case* one : cases) {
    failed += one->failed;
    skipped += one->skipped;
    disabled += one->disabled;
    seconds += one->seconds;
  }
  std::string text = " tests=\"" + std::to_string(cases.size()) + "\" failures=\"" +
                     std::to_string(failed) + "\" disabled=\"" + std::to_string(disabled) + "\"";
  if (with_skipped) text += " skipped=\"" + std::to_string(skipped) + "\"";
  return text + " errors=\"0\" time=\"" + Seconds(seconds) + "\"";
}

std::string WriteXml(const std::vector<Suite>& suites) {
  std::string body;
  std::vector<const Case*> all;
  for (const Suite& suite : suites) {
    if (suite.cases.empty()) continue;
    std::vector<const Case*> cases;
    for (const Case& one : suite.cases) cases.push_back(&one);
    all.insert(all.end(), cases.begin(), cases.end());
    body += "  <testsuite name=\"" + suite.name + "\"" + Sums(cases, true) + " timestamp=\"" +
            suite.timestamp + "\">\n";
    for (const Case& one : suite.cases) body += "    " + one.text + "\n";
    body += "  </testsuite>\n";
  }
  const std::string when = suites.empty() ? "" : suites.front().timestamp;
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + Sums(all, false) +
         " timestamp=\"" + when + "\" name=\"AllTests\">\n" + body + "</testsuites>\n";
}

std::string KeepInXml(const std::string& document, const std::set<std::string>& names) {
  std::vector<Suite> suites = ParseXml(document);
  for (Suite& suite : suites) {
    std::erase_if(suite.cases, [&](const Case& one) { return !names.contains(one.name); });
  }
  return WriteXml(suites);
}

std::string MergeXml(const std::string& earlier, const std::string& later) {
  std::vector<Suite> suites = ParseXml(earlier);
  for (Suite& suite : ParseXml(later)) {
    if (suite.name == kNoSuite) continue;  // it says that earlier tests failed
    const auto same = std::ranges::find(suites, suite.name, &Suite::name);
    if (same == suites.end()) {
      suites.push_back(std::move(suite));
    } else {
      for (Case& one : suite.cases) same->cases.push_back(std::move(one));
    }
  }
  return WriteXml(suites);
}

// --- JSON --------------------------------------------------------------------

using Json = nlohmann::ordered_json;

// GoogleTest 1.12 forgets the comma before what failed outside of any test.
std::string WithComma(std::string text) {
  constexpr std::string_view kForgotten = "}    {\n      \"name\": \"NonTestSuiteFailure\"";
  const std::size_t at = text.find(kForgotten);
  if (at != std::string::npos) text.insert(at + 1, ",\n");
  return text;
}

Json ParseJson(const std::string& text) {
  Json json = Json::parse(WithComma(text), nullptr, /*allow_exceptions=*/false);
  return json.is_object() && json["testsuites"].is_array() ? json : Json();
}

// Sets the sums of `to` from its cases, and adds them to those of `total`.
void SumUp(Json& to, const Json& cases) {
  std::size_t failed = 0, disabled = 0;
  double seconds = 0;
  for (const Json& one : cases) {
    failed += one.contains("failures");
    disabled += one.value("status", "") == "NOTRUN";
    seconds += std::atof(one.value("time", "0s").c_str());
  }
  to["tests"] = cases.size();
  to["failures"] = failed;
  to["disabled"] = disabled;
  to["time"] = Seconds(seconds) + "s";
}

std::string WriteJson(Json json) {
  Json all = Json::array(), suites = Json::array();
  for (Json& suite : json["testsuites"]) {
    if (suite["testsuite"].empty()) continue;
    SumUp(suite, suite["testsuite"]);
    for (const Json& one : suite["testsuite"]) all.push_back(one);
    suites.push_back(std::move(suite));
  }
  json["testsuites"] = std::move(suites);
  SumUp(json, all);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string KeepInJson(const std::string& document, const std::set<std::string>& names) {
  Json json = ParseJson(document);
  if (json.is_null()) return "";
  for (Json& suite : json["testsuites"]) {
    Json kept = Json::array();
    for (Json& one : suite["testsuite"]) {
      const std::string name = one.value("classname", "") + "." + one.value("name", "");
      if (names.contains(name)) kept.push_back(std::move(one));
    }
    suite["testsuite"] = std::move(kept);
  }
  return WriteJson(std::move(json));
}

std::string MergeJson(const std::string& earlier, const std::string& later) {
  Json json = ParseJson(earlier), rest = ParseJson(later);
  if (json.is_null() || rest.is_null()) return json.is_null() ? later : earlier;
  for (Json& suite : rest["testsuites"]) {
    if (suite.value("name", "") == kNoSuite) continue;
    Json& suites = json["testsuites"];
    const auto same = std::find_if(suites.begin(), suites.end(), [&](const Json& other) {
      return other.value("name", "") == suite.value("name", "");
    });
    if (same == suites.end()) {
      suites.push_back(std::move(suite));
    } else {
      for (Json& one : suite["testsuite"]) (*same)["testsuite"].push_back(std::move(one));
    }
  }
  return WriteJson(std::move(json));
}

}  // namespace

std::string KeepTests(const std::string& document, ResultFormat format,
                      const std::set<std::string>& names) {
  return format == ResultFormat::kJson ? KeepInJson(document, names) : KeepInXml(document, names);
}

std::string MergeResults(const std::string& earlier, const std::string& later,
                         ResultFormat format) {
  if (earlier.empty()) return later;
  return format == ResultFormat::kJson ? MergeJson(earlier, later) : MergeXml(earlier, later);
}

}  // namespace gordian::inprocess
