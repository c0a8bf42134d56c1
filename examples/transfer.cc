// A bank with a deadlock: two transfers between the same accounts, in opposite directions.
//
//   gordian run -- build/dev/bin/transfer
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>

#include "absl/time/time.h"
#include "gordian/gordian.h"

namespace {

struct Account {
  Account(const std::string& owner, int opening) : mu(owner + ".mu"), balance(opening) {}

  gordian::Mutex mu;
  int balance;  // guarded by mu
};

void Transfer(Account& from, Account& to, int amount) {
  std::scoped_lock debit(from.mu);
  from.balance -= amount;
  gordian::Sleep(absl::Milliseconds(5));  // writes the debit to the ledger
  std::scoped_lock credit(to.mu);
  to.balance += amount;
}

}  // namespace

int main() {
  auto alice = std::make_shared<Account>("alice", 100);
  auto bob = std::make_shared<Account>("bob", 100);
  gordian::WaitGroup transfers;
  transfers.Go("alice to bob", [=] { Transfer(*alice, *bob, 30); });
  transfers.Go("bob to alice", [=] { Transfer(*bob, *alice, 20); });
  transfers.Wait();
  std::printf("alice %d, bob %d\n", alice->balance, bob->balance);
}
