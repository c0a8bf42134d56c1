// A piece of a program, recorded into memory and read back in its legal order.
//
//   const Recorded trace([] {
//     Chan<int> c(0, "c");
//     …
//   });
//   EXPECT_THAT(trace.Of("c"), ElementsAre("main object …", "worker recv-request", …));
//
// Tasks are called as Go("name", …) calls them; the one that records is "main".
#ifndef GORDIAN_TESTS_LIB_RECORDED_H_
#define GORDIAN_TESTS_LIB_RECORDED_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "detector/model/model.h"
#include "detector/reader/reader.h"
#include "gtest/gtest.h"
#include "instrument/recorder/session.h"
#include "instrument/trace/event.h"

namespace gordian::testing {

class Recorded {
 public:
  explicit Recorded(const std::function<void()>& body) {
    static auto& sink = *new recorder::MemorySink;  // threads of the runtime outlive the test
    recorder::Start(&sink);
    body();
    recorder::Stop();
    detector::Reader reader;
    sink.Drain([&](trace::StreamId stream, std::span<const std::uint64_t> words) {
      reader.Feed(stream, words);
    });
    const absl::Status status = reader.Finish([&](const trace::Event& event) { Take(event); });
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_TRUE(reader.missing().empty());
  }

  // The events about the object with this name, in order: "task event for select operand=1".
  // What does not depend on the program (sites, versions) is left out.
  std::vector<std::string> Of(std::string_view object) const {
    std::vector<std::string> lines;
    for (const trace::Event& event : events_) {
      if (!IsAbout(event, object)) continue;
      lines.push_back(Line(event));
    }
    return lines;
  }

  // The events of one task, but for handle counts: a select writes those in the order of
  // addresses.
  std::vector<std::string> By(std::string_view task) const {
    std::vector<std::string> lines;
    for (const trace::Event& event : events_) {
      if (NameOf(event.task) != task || !IsStory(event.type)) continue;
      if (event.type != trace::EventType::kChanHandles) lines.push_back(Line(event));
    }
    return lines;
  }

  const std::vector<trace::Event>& events() const { return events_; }
  // The state after the last event.
  const detector::Model& model() const { return model_; }

 private:
  void Take(const trace::Event& event) {
    model_.Apply(event);
    if (event.type == trace::EventType::kTaskSpawn) tasks_[event.subject] = event.text;
    if (event.type == trace::EventType::kObjectName) objects_[event.subject] = event.text;
    if (event.type == trace::EventType::kProcess) main_ = event.task;
    if (event.type == trace::EventType::kTaskRun && main_ == 0) main_ = event.subject;
    events_.push_back(event);
    events_.back().text = {};  // it lived in the reader's buffer
  }

  static bool IsStory(trace::EventType type) {
    using enum trace::EventType;
    switch (type) {
      case kTime:
      case kTaskRun:
      case kTaskStop:
      case kTaskReady:
      case kSite:
      case kProcess:
      case kModule:
      case kObjectName:
      case kTaskSpawn:
      case kTaskThread:
      case kTaskEnd:
        return false;
      default:
        return true;
    }
  }

  bool IsAbout(const trace::Event& event, std::string_view object) const {
    if (trace::Spec(event.type).subject != trace::Subject::kObject || !IsStory(event.type)) {
      return false;
    }
    const auto found = objects_.find(event.subject);
    return found != objects_.end() && found->second == object;
  }

  std::string NameOf(trace::TaskId task) const {
    if (task == main_) return "main";
    const auto found = tasks_.find(task);
    return found == tasks_.end() || found->second.empty() ? "another" : found->second;
  }

  std::string Line(const trace::Event& event) const {
    const trace::EventSpec& spec = trace::Spec(event.type);
    std::string line = NameOf(event.task) + " " + std::string(spec.name);
    if (event.Has(trace::kFlagFor)) line += " for";
    if (event.Has(trace::kFlagTimed)) line += " timed";
    if (event.Has(trace::kFlagTry)) line += " try";
    if (event.Has(trace::kFlagSelect)) line += " select";
    if (spec.subject == trace::Subject::kCount) line += " " + std::to_string(event.subject);
    for (std::size_t i = 0; i < spec.arity; ++i) {
      line += " " + std::string(spec.operands[i]) + "=" + std::to_string(event.args[i]);
    }
    return line;
  }

  std::vector<trace::Event> events_;
  std::map<trace::TaskId, std::string> tasks_;
  std::map<trace::ObjectId, std::string> objects_;
  trace::TaskId main_ = 0;
  detector::Model model_;
};

}  // namespace gordian::testing

#endif  // GORDIAN_TESTS_LIB_RECORDED_H_
