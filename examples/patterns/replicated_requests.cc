#include <iostream>
#include <string>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

int main() {
  // Three are asked; the second is quick. The others are cancelled, and gone when this returns.
  const absl::StatusOr<std::string> answer = gordian::FirstAnswer<std::string>(
      gordian::Background(), 3,
      [](const gordian::Context& ctx, int replica) -> absl::StatusOr<std::string> {
        if (replica == 1) return "from replica 1";
        ctx.Done().Recv();  // a slow one
        return ctx.Err();
      });
  std::cout << *answer << '\n';

  const gordian::Chan<gordian::Unit> done(0);
  const absl::StatusOr<int> number = gordian::FirstAnswer<int>(
      done, 2,
      [](const gordian::RecvChan<gordian::Unit>& stop, int replica) -> absl::StatusOr<int> {
        if (replica == 0) return absl::UnavailableError("down");  // no answer
        return gordian::Until(stop).Sleep(absl::Milliseconds(1)) ? 42 : -1;
      });
  done.Close();
  std::cout << *number << '\n';
}
