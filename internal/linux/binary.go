package linux

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/loader"
	"trapline/internal/x86"
)

// program is an executable file that was read and judged, with what it is run
// by.
type program struct {
	given  string // as execve was given it: AT_EXECFN, and what the thread is called by
	file   *File
	image  *loader.Image
	interp *program // maps the program's libraries (PT_INTERP); nil: there are none
	argv   []string
}

// scriptDepth is how many scripts may be each other's interpreter
// (fs/exec.c, exec_binprm).
const scriptDepth = 5

// openProgram reads an executable or the interpreter of a script, whose relative
// name goes from directory dir. Errors wrap package loader's, or are an errno.
func (k *Kernel) openProgram(dir, file, given string, argv []string) (*program, error) {
	named := given
	for depth := 0; ; depth++ {
		f, err := k.openExec(file)
		if err != nil {
			return nil, err
		}
		line, err := scriptLine(f)
		if err == nil && line == nil {
			prog := &program{given: given, file: f, argv: argv}
			if err = k.readProgram(dir, prog); err == nil {
				return prog, nil
			}
		}
		k.closeFile(f)
		switch {
		case err != nil:
			return nil, err
		case depth == scriptDepth:
			return nil, abi.ELOOP
		}
		argv = append(append(line, named), argv[min(1, len(argv)):]...)
		named = line[0]
		file = absoluteIn(dir, named)
	}
}

// openExec opens a file that may be executed.
func (k *Kernel) openExec(p string) (*File, error) {
	h, full, err := k.fs.Open(p, true)
	if err != nil {
		return nil, err
	}
	f := &File{refs: 1, flags: abi.O_LARGEFILE, dentry: k.fs.Hold(full), host: h}
	st, err := h.Stat()
	switch {
	case err != nil:
	case !st.Mode().IsRegular() || st.Mode()&0o111 == 0:
		err = abi.EACCES
	case st.Size() > maxProgram:
		err = loader.ErrBounds
	}
	if err != nil {
		k.closeFile(f)
		return nil, err
	}
	return f, nil
}

// scriptLine is the interpreter of a script and its argument, if it has one;
// nil if f is no script (fs/binfmt_script.c). What is behind the first 256
// bytes is not read, but a name that is cut there is none.
func scriptLine(f *File) ([]string, error) {
	const size, blanks = 256, " \t"
	head := make([]byte, size)
	n, err := f.host.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	line, ok := bytes.CutPrefix(head[:n], []byte("#!"))
	if !ok {
		return nil, nil
	}
	line, _, whole := bytes.Cut(line, []byte("\n"))
	if !whole {
		line = line[:min(len(line), size-1-len("#!"))]
	}
	name := bytes.TrimLeft(line, blanks)
	end := bytes.IndexAny(name, blanks+"\x00")
	if len(name) == 0 || !whole && n == size && end < 0 {
		return nil, abi.ENOEXEC
	}
	if end < 0 {
		return []string{string(name)}, nil
	}
	words := []string{string(name[:end])}
	if arg, _, _ := bytes.Cut(bytes.Trim(name[end:], blanks), []byte{0}); len(arg) > 0 {
		words = append(words, string(arg))
	}
	return words, nil
}

// readProgram reads prog's file, and its interpreter, whose relative name goes from the
// directory dir.
func (k *Kernel) readProgram(dir string, prog *program) error {
	var err error
	if prog.image, err = k.readImage(prog.file, true); err != nil {
		return err
	}
	name := prog.image.Interpreter
	if name == "" {
		return nil
	}
	f, err := k.openExec(absoluteIn(dir, name))
	if err != nil {
		return fmt.Errorf("its interpreter %s: %w", name, err)
	}
	prog.interp = &program{file: f}
	if prog.interp.image, err = k.readImage(f, false); err == nil && prog.interp.image.Arch != prog.image.Arch {
		err = ErrOtherArch
	}
	if err != nil {
		k.closeFile(f)
		return errors.Join(abi.ELIBBAD, fmt.Errorf("its interpreter %s: %w", name, err))
	}
	return nil
}

// readImage reads an executable of the machine's width; a program is moved to
// where position-independent ones lie, an interpreter is not.
func (k *Kernel) readImage(f *File, isProgram bool) (*loader.Image, error) {
	data := make([]byte, f.size())
	if _, err := io.ReadFull(io.NewSectionReader(f.host, 0, f.size()), data); err != nil {
		return nil, err
	}
	opt := loader.Options{Interpreter: true}
	switch {
	case !isProgram:
	case len(data) > 4 && data[4] == 2: // ELFCLASS64
		opt.Bias = mm.Layouts[x86.AMD64].PieBase
	default:
		opt.Bias = mm.Layouts[x86.I386].PieBase
	}
	image, err := loader.ReadELF(data, opt)
	if err != nil {
		return nil, err
	}
	if k.m != nil && k.layoutOf(image.Arch) == nil {
		return nil, ErrOtherArch
	}
	return image, nil
}
