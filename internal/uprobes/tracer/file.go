package tracer

import (
	"trapline/internal/events"
	"trapline/internal/uprobes"
)

// File is a file as uprobes know it.
type File struct {
	ID   uprobes.FileID
	Size uint64 // bytes
}

// File finds a file by its path in the tree that the tracer resolves paths in.
func (t *Tracer) File(path string) (File, events.Errno) {
	f, errno := t.Stat(path)
	if errno != 0 {
		return File{}, errno
	}
	x := t.files[f.ID]
	return File{x.id, x.size}, 0
}
