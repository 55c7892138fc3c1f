package main

import (
	"bufio"
	"fmt"
	"io"
)

// listFunctions prints the file offset of every function of a program that is the target of a direct call, which a
// stripped file shows too, with its name if it has one.
func listFunctions(w io.Writer, files *probedFiles, path string) error {
	file, err := files.file(path)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	program := file.names.Program()
	for _, addr := range program.Entries() {
		offset, _ := file.image.OffsetOfAddr(addr)
		fmt.Fprintf(b, "%s:%#x", path, offset)
		if s, into, ok := file.image.Symbols.At(addr); ok && into == 0 {
			fmt.Fprintf(b, " %s", s.Name)
		}
		if program.TouchesReturnAddress(addr) {
			b.WriteString(" # uses its return address: a return probe changes it")
		}
		b.WriteByte('\n')
	}
	return b.Flush()
}
