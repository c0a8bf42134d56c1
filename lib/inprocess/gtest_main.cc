#include <gtest/gtest.h>

#include "gordian/testing.h"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  gordian::testing::AddListener();
  return RUN_ALL_TESTS();
}
