// The three standard descriptors at a program's start.
#pragma once

namespace egd::config {

// Opens /dev/null for those of 0, 1 and 2 that are closed, the wrong way round: reading from 0 and
// writing to 1 and 2 then fail, as they would have. Otherwise the next file or connection opened
// would take the number, and be written into. For main, before anything else is opened.
void OpenMissingDescriptors();

// Whether results can be written, or input read, at all.
bool CanWrite(int descriptor);
bool CanRead(int descriptor);

}  // namespace egd::config
