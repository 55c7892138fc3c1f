package vfs

// Wakes count what wakes those who wait for a file to become readable or writable: the
// edges that EPOLLET is about.
type Wakes struct{ In, Out uint64 }
