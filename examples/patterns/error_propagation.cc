#include <iostream>
#include <string>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

// Each layer says what it was doing; the code, by which programs decide, stays what it was.
absl::Status ReadBlock(const gordian::Context& ctx, int block) {
  if (absl::Status cancelled = ctx.Err(); !cancelled.ok()) return cancelled;
  return block == 3 ? absl::DataLossError("checksum mismatch") : absl::OkStatus();
}

absl::Status ReadFile(const gordian::Context& parent, const std::string& name) {
  auto [group, ctx] = gordian::ErrGroup::WithContext(parent);
  for (int block = 0; block < 5; ++block) {
    group.Go([block, &ctx = ctx] { return ReadBlock(ctx, block); });
  }
  // The first error cancels the others, and is what Wait returns.
  return gordian::Wrap(group.Wait(), "reading " + name);
}

int main() {
  const absl::Status status =
      gordian::Wrap(ReadFile(gordian::Background(), "table"), "opening the database");
  std::cout << status.message() << (absl::IsDataLoss(status) ? " (lost)" : "") << '\n';

  // Done-channel form: errors come down a channel, and the first one ends the rest.
  const gordian::Chan<gordian::Unit> done(0);
  const auto read = gordian::Map(
      done, gordian::Generate(done, {1, 2, 3, 4}), [](int block) -> absl::StatusOr<int> {
        if (absl::Status status = ReadBlock(gordian::Background(), block); !status.ok()) {
          return gordian::Wrap(status, "block " + std::to_string(block));
        }
        return block;
      });
  std::cout << gordian::Collect(done, read).status().message() << '\n';
  done.Close();
}
