// Facts of the model in the words and parts of a finding: what every analysis needs.
//
// Stateless; nothing here judges.
#ifndef GORDIAN_DETECTOR_ANALYSIS_DESCRIBE_H_
#define GORDIAN_DETECTOR_ANALYSIS_DESCRIBE_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "detector/finding/finding.h"
#include "detector/model/model.h"

namespace gordian::detector {

// A given name in quotes, else what the model calls it: "\"alice→bob\"", "goroutine 7"; with its
// number where several tasks go by one name: "\"worker\" (goroutine 7)".
std::string Quoted(const Model& model, TaskId task);

// "a", "a and b", "a, b and c".
std::string Enumerate(std::span<const std::string> words, std::string_view last = "and");

// "1 place", "6 places".
std::string Count(std::uint64_t n, std::string_view singular);

// What a wait asks for: "Lock", "channel send", a plain "wait" where only that is known.
std::string_view OperationOf(const Model& model, const Wait& wait);

// … and of what, for a sentence: "accounts[1].mu".
std::string WaitedFor(const Model& model, const Wait& wait);

// The test that the task was spawned in; of the task that runs the tests, the one that runs now.
std::string TestOf(const Model& model, TaskId task);

// The context whose Done channel this is, or 0: the channel is said to be made where its context
// was. Of several that were made there, the first. Linear in objects.
ObjectId ContextOf(const Model& model, ObjectId channel);

// The task with all that it holds now and what it waits for now.
TaskPart DescribeTask(const Model& model, TaskId task);

ObjectPart DescribeObject(const Model& model, ObjectId object);

// Adds every object that the parts of the finding speak of and that it does not list yet.
void ListObjects(const Model& model, Finding& finding);

// A node of a picture: the name alone, with the number where tasks share it.
std::string PictureName(const Model& model, TaskId task);

// "worker 7" and "worker 12" are alike, as is what has no name.
bool NamedAlike(std::string_view a, std::string_view b);

}  // namespace gordian::detector

#endif  // GORDIAN_DETECTOR_ANALYSIS_DESCRIBE_H_
