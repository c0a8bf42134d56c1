// A first program: three workers square numbers that come down one channel and send the results
// down another.
//
//   gordian run -- build/dev/bin/first_program
#include <cstdio>

#include "gordian/gordian.h"

int main() {
  gordian::Chan<int> numbers(0);
  gordian::Chan<int> squares(0);

  gordian::WaitGroup workers;
  for (int i = 0; i < 3; ++i) {
    workers.Go("worker", [=] {
      for (const int number : numbers) squares.Send(number * number);
    });
  }
  gordian::Go("producer", [=] {
    for (int number = 1; number <= 10; ++number) numbers.Send(number);
    numbers.Close();
  });
  gordian::Go("closer", [&workers, squares] {
    workers.Wait();
    squares.Close();
  });

  int sum = 0;
  for (const int square : squares) sum += square;
  std::printf("%d\n", sum);
}
