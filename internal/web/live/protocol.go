// Package live is the machine behind the page in the browser: requests come in
// and answers go out as JSON, in the order of the requests. It is made on the
// same session, course and search as the terminal UI. Package internal/web/machine runs it
// in a Web Worker; the page's side of the protocol is internal/web/ui/protocol.js.
package live

import (
	"trapline/internal/engines"
	"trapline/internal/record"
	"trapline/internal/scenario"
	"trapline/internal/tui/figure"
	"trapline/internal/tui/walk"
)

// Request is a line from the page. Do says what is asked, the other fields are
// its arguments; those that it does not name are ignored.
type Request struct {
	ID int    `json:"id"` // of the answer too
	Do string `json:"do"` // see Machine.actions

	Lesson   string            `json:"lesson,omitempty"`   // open: a lesson of the course
	Scenario string            `json:"scenario,omitempty"` // open: a built-in one
	File     string            `json:"file,omitempty"`     // open: the text of one
	Files    map[string][]byte `json:"files,omitempty"`    // open: those that File names
	Engine   string            `json:"engine,omitempty"`   // open, compare; "": the scenario's own, the next one
	Probes   []string          `json:"probes,omitempty"`   // open: places of more probes
	Schedule string            `json:"schedule,omitempty"` // open: who took the first steps
	Changes  []walk.MadeChange `json:"changes,omitempty"`  // open
	At       uint64            `json:"at,omitempty"`       // open, goto: a moment

	Back  bool   `json:"back,omitempty"` // moves: backwards
	Actor int    `json:"actor,omitempty"`
	CPU   int    `json:"cpu,omitempty"`
	Kind  string `json:"kind,omitempty"` // mark: see Kinds
	Text  string `json:"text,omitempty"` // find, watch, break, memory, answer, change, explain

	Strategy    string `json:"strategy,omitempty"`    // search: dfs, pct, random; "": dfs
	Preemptions int    `json:"preemptions,omitempty"` // search: at most; 0: no bound
	Seconds     int    `json:"seconds,omitempty"`     // search: at most; 0: DefaultSeconds
}

// Answer is what comes back. Of the pointers those are there that the request
// asks for.
type Answer struct {
	ID       int         `json:"id"`
	Error    string      `json:"error,omitempty"`
	Catalog  *Catalog    `json:"catalog,omitempty"`
	Scene    *Scene      `json:"scene,omitempty"`
	View     *View       `json:"view,omitempty"`
	Question *Question   `json:"question,omitempty"`
	Answered string      `json:"answered,omitempty"` // lines of a results file: questions that are done
	Rows     []Row       `json:"rows,omitempty"`
	Progress *Progress   `json:"progress,omitempty"` // more answers of this ID follow
	Search   *SearchDone `json:"search,omitempty"`
	Link     *Link       `json:"link,omitempty"`
	Shown    string      `json:"shown,omitempty"` // what a directive shows
	Hash     string      `json:"hash,omitempty"`  // of the present state, clocks included
}

// Catalog lists what can be opened.
type Catalog struct {
	Version   string         `json:"version"`
	Lessons   []LessonEntry  `json:"lessons"`
	Scenarios []LibraryEntry `json:"scenarios"`
}

// LessonEntry is a lesson of the course.
type LessonEntry struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Part     string `json:"part"`
	Scenario string `json:"scenario"`
	Minutes  int    `json:"minutes"`
}

// LibraryEntry is a built-in scenario.
type LibraryEntry struct {
	Name  string `json:"name"`
	Group string `json:"group"`
	Title string `json:"title"`
}

// Scene is what does not change while a scenario is walked through.
type Scene struct {
	Lesson   string          `json:"lesson,omitempty"`
	Scenario string          `json:"scenario"`
	Title    string          `json:"title"`
	Text     string          `json:"text"` // of the lesson, else of the scenario
	Engine   string          `json:"engine"`
	Engines  []string        `json:"engines"`
	Probes   []string        `json:"probes,omitempty"` // of the viewer's own: see Request
	States   []engines.State `json:"states"`
	Edges    []engines.Edge  `json:"edges"`
	Glyphs   []figure.Glyph  `json:"glyphs"`
	CPUs     int             `json:"cpus"`
	Actors   []string        `json:"actors"`
	Events   bool            `json:"events,omitempty"` // there are probe events
	Source   bool            `json:"source,omitempty"` // the kernel's text has lines of C
	Search   bool            `json:"search,omitempty"` // there is more than one schedule
}

// Mark is a step of a kind worth finding.
type Mark struct {
	At   uint64      `json:"at"`
	CPU  uint8       `json:"cpu"`
	Kind record.Kind `json:"kind"`
}

// View is the present moment and what can be done there.
type View struct {
	Moment  *walk.Moment `json:"moment"`
	Message string       `json:"message,omitempty"`
	Rows    []string     `json:"rows,omitempty"` // that the step cites
	// Marks are those of the present line; nil: as in the last view.
	Marks    []Mark       `json:"marks,omitempty"`
	Unmarked uint64       `json:"unmarked,omitempty"` // from this step on there are no marks; 0: there are all
	Branches int          `json:"branches"`           // lines there are
	Held     []int        `json:"held,omitempty"`
	Breaks   []string     `json:"breaks,omitempty"` // hexadecimal addresses
	Can      Can          `json:"can"`
	Able     []bool       `json:"able"` // whether each actor can take the next step
	Beside   *walk.Moment `json:"beside,omitempty"`
	BesideOf *Scene       `json:"beside_of,omitempty"` // of the engine that is compared with
}

// Can says which moves are possible.
type Can struct {
	Forward  bool     `json:"forward,omitempty"`
	Backward bool     `json:"backward,omitempty"`
	Choose   bool     `json:"choose,omitempty"`
	Hold     bool     `json:"hold,omitempty"`
	Return   bool     `json:"return,omitempty"`
	Run      bool     `json:"run,omitempty"`
	Kinds    []string `json:"kinds,omitempty"` // of marks that are there, or may be
}

// Question is the question or task that is asked.
type Question struct {
	Title   string `json:"title"`
	Text    string `json:"text"`
	Form    string `json:"form,omitempty"` // of a task's answer
	Run     bool   `json:"run,omitempty"`  // the run that is shown can be the answer
	Hint    string `json:"hint,omitempty"`
	Verdict string `json:"verdict,omitempty"` // on the answer before
	Over    bool   `json:"over,omitempty"`    // all are answered
	Right   int    `json:"right"`             // at the first go
	Count   int    `json:"count"`
}

// Row is a row of the semantics checklist.
type Row struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Text   string `json:"text"`
	Source string `json:"source"`
	Today  string `json:"today,omitempty"` // what does not hold yet
}

// Progress is how far a search is, or a move.
type Progress struct {
	Schedules uint64  `json:"schedules,omitempty"`
	States    int     `json:"states,omitempty"`
	Steps     uint64  `json:"steps,omitempty"`
	Done      float64 `json:"done,omitempty"` // 0 to 1; it may fall

	At uint64 `json:"at,omitempty"` // of a move: the step that it has come to
	Of uint64 `json:"of,omitempty"` // of a move: the last step that it leads to, as far as that is known
}

// SearchDone is what a search came to.
type SearchDone struct {
	Verdict   string               `json:"verdict"`
	Exhausted bool                 `json:"exhausted,omitempty"`
	Found     bool                 `json:"found,omitempty"`
	Violated  []scenario.Violation `json:"violated,omitempty"`
	Schedule  string               `json:"schedule,omitempty"` // to open with; "" where no single run shows it
}

// Link is what a link to the present moment holds.
type Link struct {
	Schedule string            `json:"schedule,omitempty"` // "": the scenario's own
	Changes  []walk.MadeChange `json:"changes,omitempty"`
	At       uint64            `json:"at"`
}
