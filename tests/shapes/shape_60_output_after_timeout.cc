// A runner waits for a command, or for its timeout, and then looks at the command's output. After
// a timeout the command still writes it, and its result has nobody to go to.
#include <memory>
#include <optional>
#include <string>

#include "tests/shapes/shape.h"

namespace shapes {
namespace {

struct Command {
  explicit Command(Mode mode)
      : result(mode == Mode::kTwin ? 1 : 0, "command.result"), timed_out(mode) {}

  void Wait() {
    output.Write(output.Read() + "half");
    timed_out.Wait();
    output.Write(output.Read() + " and half");
    exit_code.Write(0);
    result.Send(true);
  }

  Chan<bool> result;
  Shared<std::string> output{"", "command.output"};
  Shared<int> exit_code{-1, "command.exit_code"};
  Gate timed_out;
};

std::string RunCommand(Mode mode) {
  auto command = std::make_shared<Command>(mode);
  Go("wait", [=] { command->Wait(); });
  const absl::Duration timeout = mode == Mode::kClean ? absl::Seconds(5) : absl::Milliseconds(10);
  const bool completed = Select(Recv(command->result), Recv(After(timeout))) == 0;
  if (mode == Mode::kTwin && !completed) {
    command->timed_out.Open();
    return "timed out";
  }
  const std::string output = command->output.Read();
  const int exit_code = command->exit_code.Read();
  command->timed_out.Open();
  return output + std::to_string(exit_code);
}

void Run(Mode mode) {
  RunCommand(mode);
  Sleep(absl::Milliseconds(30));
}

}  // namespace

const Shape kShape60{60, "output_after_timeout", Strikes::kSometimes, Run};

}  // namespace shapes
