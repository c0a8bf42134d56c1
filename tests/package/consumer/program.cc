#include <cstdio>

#include "gordian/gordian.h"

int main() {
  gordian::Chan<int> squares(4);
  gordian::Go("squares", [squares] {
    for (int i = 0; i < 10; ++i) squares.Send(i * i);
    squares.Close();
  });
  int sum = 0;
  for (int square : squares) sum += square;
  std::printf("sum of squares: %d\n", sum);
}
