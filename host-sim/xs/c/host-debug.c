/*
 * The machine's end of the wire to its debugger (xsbug protocol), and what it says there beyond XS itself.
 * XS waits inside of a turn for what the debugger wants: importDebugReceive does not return before there is something.
 */
#include "thimble.h"

extern void fxVReport(void* console, txString theFormat, c_va_list theArguments);

void fxConnect(txMachine* the)
{
	the->debugConnected = (int)importDebugConnect(the->identifier);
}

void fxDisconnect(txMachine* the)
{
	if (the->debugConnected) {
		the->debugConnected = 0;
		importDebugDisconnect(the->identifier);
	}
}

txBoolean fxIsConnected(txMachine* the)
{
	return the->debugConnected;
}

txBoolean fxIsReadable(txMachine* the)
{
	return the->debugConnected && importDebugReadable(the->identifier);
}

void fxReceive(txMachine* the)
{
	the->debugOffset = 0;
	if (the->debugConnected) {
		txU4 count = importDebugReceive(the->identifier, the->debugBuffer, sizeof(the->debugBuffer) - 1);
		if (count)
			the->debugOffset = count;
		else
			fxDisconnect(the);
	}
	the->debugBuffer[the->debugOffset] = 0;
}

void fxSend(txMachine* the, txBoolean more)
{
	if (the->debugConnected)
		importDebugSend(the->identifier, the->echoBuffer, the->echoOffset);
}

static void tellDebugger(txMachine* the, txString format, ...)
{
	va_list arguments;
	if (!the->debugConnected)
		return;
	va_start(arguments, format);
	fxVReport(the, format, arguments);
	va_end(arguments);
}

/* The last words of a machine, as boards write them. */
void debugReportAbort(txMachine* the, int status)
{
	static const char* const reasons[] = {
		C_NULL /* the debugger asked for it */, "memory full", "stack overflow", "fatal", "dead strip", "unhandled exception",
		"not enough keys", "too much computation", "unhandled rejection"
	};
	if ((0 < status) && (status < (int)(sizeof(reasons) / sizeof(reasons[0]))))
		tellDebugger(the, "XS abort: %s\n", reasons[status]);
}

/* XS 13.3 breaks on `throw` without a word about what is thrown; newer ones say it. No JavaScript may run here. */
void debugReportException(txMachine* the, txU1 stop)
{
	txSlot* exception = &mxException;
	char name[128] = "";
	if (!stop)
		return;
	if (exception->kind == XS_REFERENCE_KIND) {
		txSlot* instance = exception->value.reference;
		txSlot* constructor = mxBehaviorGetProperty(the, instance, mxID(_constructor), 0, XS_ANY);
		txSlot* message = mxBehaviorGetProperty(the, instance, mxID(_message), 0, XS_ANY);
		if (constructor && (constructor->kind == XS_REFERENCE_KIND) && mxIsFunction(constructor->value.reference))
			fxBufferFunctionName(the, name, sizeof(name), constructor->value.reference, "");
		if (message && ((message->kind == XS_STRING_KIND) || (message->kind == XS_STRING_X_KIND)))
			tellDebugger(the, "# Exception: %s: %s!\n", name[0] ? name : "Error", message->value.string);
		else
			tellDebugger(the, "# Exception: %s!\n", name[0] ? name : "(object)");
	}
	else if ((exception->kind == XS_STRING_KIND) || (exception->kind == XS_STRING_X_KIND))
		tellDebugger(the, "# Exception: %s!\n", exception->value.string);
	else if (exception->kind == XS_INTEGER_KIND)
		tellDebugger(the, "# Exception: %d!\n", exception->value.integer);
	else if (exception->kind == XS_NUMBER_KIND)
		tellDebugger(the, "# Exception: %g!\n", exception->value.number);
}

/* A machine that its host ends. */
EXPORT(reportAbort) void reportAbort(txMachine* the, int status)
{
	if (the->abortStatus < 0)
		debugReportAbort(the, status);
}

static void serve(txMachine* the, void* data)
{
	if (fxIsReadable(the))
		fxDebugCommand(the);
}

/* What the debugger has sent to a machine that is not running: breakpoints, or to stop at the next line. */
EXPORT(serveDebugger) int serveDebugger(txMachine* the) { return hostTurn(the, serve, C_NULL); }

/* The figures of MachineStatistics that XS sends to its debugger, once a second on boards. */
EXPORT(describeInstrumentation) void describeInstrumentation(txMachine* the)
{
	if (the->debugConnected)
		fxDescribeInstrumentation(the, 0, C_NULL, C_NULL);
}

EXPORT(sampleInstrumentation) void sampleInstrumentation(txMachine* the)
{
	if (the->debugConnected)
		fxSampleInstrumentation(the, 0, C_NULL);
}
