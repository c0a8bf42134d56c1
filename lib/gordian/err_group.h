// Goroutines that work on parts of one task, and the first error among them: Go's errgroup.
//
//   auto [group, ctx] = gordian::ErrGroup::WithContext(parent);
//   group.SetLimit(8);                                    // at most eight at once
//   for (const Url& url : urls) group.Go([&, &ctx = ctx] { return Fetch(ctx, url); });
//   absl::Status first = group.Wait();
//
// With a context, the first error cancels it (Cause tells why), and so does Wait when it returns.
//
// Locking   itself. Go, TryGo and Wait may be called by any task; the group may be destroyed as
//           soon as Wait returns.
// Limits    Wait is called exactly once where there is a context: it is what cancels it. SetLimit
//           panics while goroutines of the group run.
// Cost      that of Go and a WaitGroup; with a limit also that of a Semaphore.
// Happens-before  all that the goroutines did → Wait's return.
#ifndef GORDIAN_ERR_GROUP_H_
#define GORDIAN_ERR_GROUP_H_

#include <atomic>
#include <concepts>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "gordian/context.h"
#include "gordian/once.h"
#include "gordian/semaphore.h"
#include "gordian/wait_group.h"

namespace gordian {

class ErrGroup {
 public:
  // A callable that returns a status, and the place that wrote it as an argument.
  class Part {
   public:
    template <typename F>
      requires(std::is_invocable_r_v<absl::Status, std::decay_t<F>&> &&
               !std::same_as<std::decay_t<F>, Part>)
    Part(F&& f, std::source_location at = std::source_location::current())  // NOLINT: implicit
        : body(std::forward<F>(f)), location(at) {}

    absl::AnyInvocable<absl::Status()> body;
    std::source_location location;
  };
  struct InContext;

  explicit ErrGroup(std::string_view name = {},
                    std::source_location at = std::source_location::current());
  ErrGroup(const ErrGroup&) = delete;
  ErrGroup& operator=(const ErrGroup&) = delete;

  // A group, and a context derived from `parent` that its first error cancels.
  static InContext WithContext(const Context& parent, std::string_view name = {},
                               std::source_location at = std::source_location::current());

  // Runs `part` in a goroutine of the group; with a limit, waits until there is room for one.
  void Go(Part part);
  void Go(std::string_view name, Part part);
  // The same where there is room at once; else false.
  bool TryGo(Part part);
  bool TryGo(std::string_view name, Part part);

  // At most `n` goroutines at once from here on; n < 0: any number.
  void SetLimit(int n, std::source_location at = std::source_location::current());

  // Waits for all of them. The error of who failed first, or OK.
  absl::Status Wait(std::source_location at = std::source_location::current());

  void SetName(std::string_view name);

 private:
  ErrGroup(std::string_view name, CancelCauseFunc cancel, std::source_location at);
  void Start(std::string_view name, Part part);
  void Finish(absl::Status status, const std::source_location& at);

  WaitGroup running_;
  std::atomic<int> active_{0};  // for SetLimit alone
  Once failed_;
  absl::Status first_;  // written once, inside failed_
  std::unique_ptr<Semaphore> room_;
  CancelCauseFunc cancel_;  // does nothing where there is no context
  std::string name_;
};

struct [[nodiscard]] ErrGroup::InContext {
  ErrGroup group;
  Context context;
};

}  // namespace gordian

#endif  // GORDIAN_ERR_GROUP_H_
