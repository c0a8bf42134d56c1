#include "detector/report/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/report/samples.h"

namespace gordian::detector {
namespace {

using gordian::testing::BankDeadlock;
using gordian::testing::ReportOf;
using nlohmann::json;
using ::testing::ElementsAre;

json Parse(const Report& report) { return json::parse(ToJson(report)); }

std::set<std::string> Keys(const json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

TEST(Json, AVariableInMemoryHasItsAddress) {
  TraceReport trace = BankDeadlock();
  trace.findings[0].objects = {
      {.kind = trace::ObjectKind::kVariable, .address = 0x7f10, .bytes = 4}};
  const json document = Parse(ReportOf(trace));
  const json& object = document["findings"][0]["objects"][0];
  EXPECT_EQ(object["address"], "0x7f10");
  EXPECT_EQ(object["bytes"], 4);
}

// The keys are a promise (docs/json.md): adding one is fine, losing one is not.
TEST(Json, HasTheDocumentedKeys) {
  const json document = Parse(ReportOf(BankDeadlock()));
  EXPECT_THAT(Keys(document),
              ElementsAre("allowed", "exit_status", "findings", "measures", "outcome", "program",
                          "schema", "suppressed", "trace", "traces"));
  EXPECT_THAT(Keys(document["trace"]), ElementsAre("complete", "dropped", "events", "tasks"));
  EXPECT_THAT(Keys(document["traces"][0]),
              ElementsAre("command", "complete", "dropped", "duration_ns", "events", "file", "gaps",
                          "objects", "tasks"));
  const json& finding = document["findings"][0];
  EXPECT_THAT(Keys(finding), ElementsAre("advice", "also", "count", "evidence", "fingerprint",
                                         "objects", "picture", "reasons", "rule", "schedule",
                                         "summary", "tasks", "test", "title", "traces", "verdict"));
  EXPECT_THAT(Keys(finding["tasks"][0]),
              ElementsAre("count", "held", "id", "kind", "labels", "name", "parent", "stack",
                          "started_at", "waiting_for", "what"));
  EXPECT_THAT(Keys(finding["tasks"][0]["stack"][0]), ElementsAre("file", "function", "line"));
  EXPECT_THAT(Keys(finding["tasks"][0]["held"][0]), ElementsAre("mode", "name", "object", "stack"));
  EXPECT_THAT(
      Keys(finding["tasks"][0]["waiting_for"]),
      ElementsAre("choices", "duration_ns", "name", "object", "operation", "since_ns", "task"));
  EXPECT_THAT(Keys(finding["objects"][0]), ElementsAre("created_at", "id", "kind", "name"));
  EXPECT_THAT(Keys(finding["evidence"][0]), ElementsAre("at", "event", "task", "what"));
}

TEST(Json, SaysWhatTheTextSays) {
  const json document = Parse(ReportOf(BankDeadlock()));
  EXPECT_EQ(document["schema"], 1);
  EXPECT_EQ(document["outcome"], "findings");
  EXPECT_EQ(document["exit_status"], 1);
  EXPECT_TRUE(document["program"].is_null());
  EXPECT_EQ(document["trace"]["events"], 1842);
  const json& finding = document["findings"][0];
  EXPECT_EQ(finding["rule"], "deadlock.cycle");
  EXPECT_EQ(finding["verdict"], "confirmed");
  EXPECT_EQ(finding["fingerprint"], "bb30a6de");
  const json& task = finding["tasks"][0];
  EXPECT_EQ(task["name"], "alice→bob");
  EXPECT_EQ(task["stack"][0],
            (json{{"function", "Transfer"}, {"file", "/src/bank.cc"}, {"line", 19}}));
  EXPECT_EQ(task["held"][0]["name"], "accounts[0].mu");
  EXPECT_EQ(task["waiting_for"]["name"], "accounts[1].mu");
  EXPECT_EQ(task["waiting_for"]["operation"], "Lock");
  EXPECT_EQ(finding["objects"][0]["created_at"]["line"], 12);
}

TEST(Json, CarriesTheProgramsStatus) {
  Report report = ReportOf({});
  report.program = ProgramEnd{.signal = 9};
  EXPECT_EQ(
      Parse(report)["program"],
      (json{{"status", 137}, {"exit_status", nullptr}, {"signal", 9}, {"by_gordian", false}}));
  report.program = ProgramEnd{.exit_status = 4};
  EXPECT_EQ(Parse(report)["program"],
            (json{{"status", 4}, {"exit_status", 4}, {"signal", nullptr}, {"by_gordian", false}}));
}

TEST(Json, ATaskThatDoesNotWaitWaitsForNull) {
  TraceReport trace = BankDeadlock();
  trace.findings[0].tasks[0].is_waiting = false;
  EXPECT_TRUE(Parse(ReportOf(trace))["findings"][0]["tasks"][0]["waiting_for"].is_null());
}

TEST(Json, NamesThatAreNoUtf8AreStillADocument) {
  TraceReport trace = BankDeadlock();
  trace.findings[0].tasks[0].name = "\xff\xfe\"\n";
  EXPECT_EQ(Parse(ReportOf(trace))["findings"][0]["tasks"][0]["name"], "\uFFFD\uFFFD\"\n");
}

}  // namespace
}  // namespace gordian::detector
