// Labels of goroutines: what they work for, beside what they are called. Go's pprof.Do.
//
//   gordian::WithLabels({{"request", id}, {"user", name}}, [&] { Serve(request); });
//
// While `f` runs the calling task carries these labels, in addition to those that it has.
// Goroutines that it starts meanwhile inherit them, for as long as they live. DumpGoroutines()
// and the reports of findings show them.
//
// Cost     a map per call; nothing for tasks without labels, an atomic add for a goroutine that
//          inherits some.
#ifndef GORDIAN_LABELS_H_
#define GORDIAN_LABELS_H_

#include <map>
#include <string>
#include <utility>

namespace gordian {

using LabelMap = std::map<std::string, std::string>;

// Those of the calling task.
LabelMap CurrentLabels();

namespace internal {

class Labels;

class [[nodiscard]] LabelScope {
 public:
  explicit LabelScope(LabelMap added);
  ~LabelScope();
  LabelScope(const LabelScope&) = delete;
  LabelScope& operator=(const LabelScope&) = delete;

 private:
  Labels* before_;
};

}  // namespace internal

// What `f` returns. A label of the same name as one that the task has takes its place.
template <typename F>
decltype(auto) WithLabels(LabelMap labels, F&& f) {
  const internal::LabelScope scope(std::move(labels));
  return std::forward<F>(f)();
}

}  // namespace gordian

#endif  // GORDIAN_LABELS_H_
