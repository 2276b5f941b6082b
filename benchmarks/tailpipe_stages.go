// The first stages of a collector that is built as Tailpipe is: unpack a log object, unmarshal it into
// structs, and marshal each event into files of so many lines of JSON.
//
//	tailpipe_stages BUCKET DIRECTORY
package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const linesInAFile = 10_000

// Free is what has no fixed shape.
type Free = map[string]any

// Event has a field for each of CloudTrail's, and those that every row of any log gets.
type Event struct {
	ID        string    `json:"tp_id"`
	Timestamp time.Time `json:"tp_timestamp"`
	Ingested  time.Time `json:"tp_ingest_timestamp"`
	Index     string    `json:"tp_index"`
	Partition string    `json:"tp_partition"`
	IPs       []string  `json:"tp_ips,omitempty"`

	EventVersion        string      `json:"eventVersion"`
	UserIdentity        Identity    `json:"userIdentity"`
	EventTime           *time.Time  `json:"eventTime"`
	EventSource         string      `json:"eventSource"`
	EventName           string      `json:"eventName"`
	AwsRegion           string      `json:"awsRegion"`
	SourceIPAddress     *string     `json:"sourceIPAddress,omitempty"`
	UserAgent           *string     `json:"userAgent,omitempty"`
	ErrorCode           *string     `json:"errorCode,omitempty"`
	ErrorMessage        *string     `json:"errorMessage,omitempty"`
	RequestParameters   *Free       `json:"requestParameters,omitempty"`
	ResponseElements    *Free       `json:"responseElements,omitempty"`
	AdditionalEventData *Free       `json:"additionalEventData,omitempty"`
	ServiceEventDetails *Free       `json:"serviceEventDetails,omitempty"`
	RequestID           *string     `json:"requestID,omitempty"`
	EventID             string      `json:"eventID"`
	ReadOnly            *bool       `json:"readOnly,omitempty"`
	Resources           []*Resource `json:"resources,omitempty"`
	EventType           string      `json:"eventType"`
	ManagementEvent     *bool       `json:"managementEvent,omitempty"`
	APIVersion          *string     `json:"apiVersion,omitempty"`
	RecipientAccountID  string      `json:"recipientAccountId,omitempty"`
	SharedEventID       *string     `json:"sharedEventID,omitempty"`
	VpcEndpointID       string      `json:"vpcEndpointId,omitempty"`
	EventCategory       string      `json:"eventCategory,omitempty"`
	TLSDetails          *TLS        `json:"tlsDetails,omitempty"`
}

// Identity is who did it.
type Identity struct {
	Type           string   `json:"type"`
	PrincipalID    *string  `json:"principalId,omitempty"`
	ARN            *string  `json:"arn,omitempty"`
	AccountID      *string  `json:"accountId,omitempty"`
	AccessKeyID    *string  `json:"accessKeyId,omitempty"`
	UserName       *string  `json:"userName,omitempty"`
	InvokedBy      *string  `json:"invokedBy,omitempty"`
	SessionContext *Session `json:"sessionContext,omitempty"`
}

// Session is the role that was assumed, and how.
type Session struct {
	Issuer     *Issuer     `json:"sessionIssuer,omitempty"`
	Attributes *Attributes `json:"attributes,omitempty"`
}

// Issuer is the role itself.
type Issuer struct {
	Type        *string `json:"type,omitempty"`
	PrincipalID *string `json:"principalId,omitempty"`
	ARN         *string `json:"arn,omitempty"`
	AccountID   *string `json:"accountId,omitempty"`
	UserName    *string `json:"userName,omitempty"`
}

// Attributes say how a session began.
type Attributes struct {
	CreationDate     *time.Time `json:"creationDate,omitempty"`
	MfaAuthenticated *string    `json:"mfaAuthenticated,omitempty"`
}

// Resource is what it was done to.
type Resource struct {
	ARN       *string `json:"ARN,omitempty"`
	AccountID *string `json:"accountId,omitempty"`
	Type      *string `json:"type,omitempty"`
}

// TLS is how the call came.
type TLS struct {
	Version     *string `json:"tlsVersion,omitempty"`
	CipherSuite *string `json:"cipherSuite,omitempty"`
	Host        *string `json:"clientProvidedHostHeader,omitempty"`
}

// lines are written to one file after the other.
type lines struct {
	directory string
	written   int
	file      *os.File
	buffer    *bufio.Writer
}

func (l *lines) write(line []byte) {
	if l.written%linesInAFile == 0 {
		l.close()
		name := filepath.Join(l.directory, fmt.Sprintf("%06d.jsonl", l.written/linesInAFile))
		l.file = must(os.Create(name))
		l.buffer = bufio.NewWriter(l.file)
	}
	must(l.buffer.Write(append(line, '\n')))
	l.written++
}

func (l *lines) close() {
	if l.file != nil {
		check(l.buffer.Flush())
		check(l.file.Close())
	}
}

func main() {
	out := &lines{directory: os.Args[2]}
	check(filepath.WalkDir(os.Args[1], func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".json.gz") {
			extract(unpacked(path), out)
		}
		return err
	}))
	out.close()
}

func extract(object []byte, out *lines) {
	var batch struct{ Records []Event }
	check(json.Unmarshal(object, &batch))
	for i := range batch.Records {
		event := &batch.Records[i]
		event.enrich(out.written)
		out.write(must(json.Marshal(event)))
	}
}

func (e *Event) enrich(number int) {
	e.Partition, e.Index = "all", "default"
	e.ID = fmt.Sprintf("%020d", number)
	e.Timestamp, e.Ingested = *e.EventTime, time.Now()
	if e.SourceIPAddress != nil {
		e.IPs = append(e.IPs, *e.SourceIPAddress)
	}
}

func unpacked(path string) []byte {
	file := must(os.Open(path))
	defer file.Close()
	return must(io.ReadAll(must(gzip.NewReader(file))))
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
