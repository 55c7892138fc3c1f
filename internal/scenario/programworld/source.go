package programworld

import (
	"fmt"
	"path"

	"trapline/internal/loader"
	debuginfo "trapline/internal/uprobes/source"
)

// debugged is an ELF file with debug information.
type debugged struct {
	image *loader.Image // as it is linked
	lines *debuginfo.Program
}

// FileLine is FILE:LINE of the code at an address, of the program or of a library that a process has there now; "" if there is
// no debug information about it.
func (w *World) FileLine(addr uint64) string {
	if w.image.SegmentAt(addr) != nil {
		return w.lineIn(w.File.Linux.Path, func(d *debugged) (uint64, bool) { return addr - w.bias, true })
	}
	for _, p := range w.Kernel.Processes() {
		if v := p.MM().Find(addr); v != nil && v.Inode != nil {
			return w.lineIn(v.Inode.Path, func(d *debugged) (uint64, bool) { return d.image.AddrOfOffset(v.Off + addr - v.Start) })
		}
	}
	return ""
}

// lineIn is FILE:LINE in a file that the program sees, of the address that at gives as the file is linked.
func (w *World) lineIn(name string, at func(*debugged) (uint64, bool)) string {
	d, known := w.debug[name]
	if !known {
		d = readDebugged(w.shown[name].Data)
		w.debug[name] = d
	}
	if d == nil {
		return ""
	}
	addr, ok := at(d)
	if !ok {
		return ""
	}
	file, line, ok := d.lines.LineOf(addr)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%s:%d", path.Base(file), line)
}

// readDebugged reads an ELF file; nil: it is none, or has no debug information.
func readDebugged(data []byte) *debugged {
	image, err := loader.ReadELF(data, loader.Options{Interpreter: true})
	if err != nil {
		return nil
	}
	lines, err := debuginfo.Read(data)
	if err != nil {
		return nil
	}
	return &debugged{image, lines}
}
