#include <iostream>

#include "shared/base/version.h"

int main() { std::cout << "egctl " << egd::Version() << "\n"; }
