import type { ModuleSource } from "./modules";

/**
 * The platform's modules as a firmware sees them inside XS: classes over host functions, which device-bridge.ts binds to
 * the simulated board. As on a board, a class is native, and what ECMA-419 leaves to JavaScript is JavaScript.
 */

/** ECMA-419 section 8: `target` is the owner's. */
const TARGET = `constructor(options) {
		super(options);
		if ("target" in options) this.target = options.target;
	}`;

function native(source: string): ModuleSource {
  return { native: true, source };
}

const TCP = native(`class Socket @ "TCP.destructor" {
	constructor(options) @ "TCP.constructor";
	read(count) @ "TCP.read";
	write(data) @ "TCP.write";
	close() @ "TCP.close";
	get format() @ "TCP.get format";
	set format(format) @ "TCP.set format";
	get remoteAddress() @ "TCP.get remoteAddress";
	get remotePort() @ "TCP.get remotePort";
}
export default class TCP extends Socket {
	${TARGET}
}
`);

/** On a board it is JavaScript, and a connection costs some 20 kB of the heap more than here. */
const TLS = native(`class TLS @ "TLS.destructor" {
	constructor(options) @ "TLS.constructor";
	read(count) @ "TLS.read";
	write(data) @ "TLS.write";
	close() @ "TLS.close";
	get format() @ "TLS.get format";
	set format(format) @ "TLS.set format";
}
export default TLS;
`);

const UDP = native(`class Socket @ "UDP.destructor" {
	constructor(options) @ "UDP.constructor";
	read() @ "UDP.read";
	write(data, address, port) @ "UDP.write";
	close() @ "UDP.close";
	get format() @ "UDP.get format";
}
export default class UDP extends Socket {
	${TARGET}
	read() {
		const packet = super.read();
		if (!packet) return;
		const { data } = packet;
		data.address = packet.address;
		data.port = packet.port;
		return data;
	}
}
`);

const RESOLVER = native(`class Resolver @ "Resolver.destructor" {
	constructor(options) @ "Resolver.constructor";
	resolve(options) @ "Resolver.resolve";
	close() @ "Resolver.close";
}
export default Resolver;
`);

const WIFI = native(`class Station @ "WiFi.destructor" {
	constructor(options) @ "WiFi.constructor";
	connect(options) @ "WiFi.connect";
	disconnect() @ "WiFi.disconnect";
	scan(options) @ "WiFi.scan";
	configure(options) @ "WiFi.configure";
	close() @ "WiFi.close";
	get connection() @ "WiFi.get connection";
	get address() @ "WiFi.get address";
	get MAC() @ "WiFi.get MAC";
	get SSID() @ "WiFi.get SSID";
	get BSSID() @ "WiFi.get BSSID";
	get RSSI() @ "WiFi.get RSSI";
	get channel() @ "WiFi.get channel";
}
export default class WiFi extends Station {
	constructor(options) {
		super(options);
		if (options && "target" in options) this.target = options.target;
	}
}
`);

const MODES = `static Input = 0;
	static InputPullUp = 1;
	static InputPullDown = 2;
	static InputPullUpDown = 3;
	static Output = 8;
	static OutputOpenDrain = 9;
	static ActiveLow = 16;`;

function pins(name: string, statics: string): ModuleSource {
  return native(`class Pins @ "${name}.destructor" {
	constructor(options) @ "${name}.constructor";
	read() @ "${name}.read";
	write(value) @ "${name}.write";
	close() @ "${name}.close";
	get format() @ "${name}.get format";
	set format(format) @ "${name}.set format";
}
export default class ${name} extends Pins {
	${statics}
	${TARGET}
}
`);
}

const EDGES = `static Rising = 1;
	static Falling = 2;`;

const PWM = native(`class Channel @ "PWM.destructor" {
	constructor(options) @ "PWM.constructor";
	write(duty) @ "PWM.write";
	close() @ "PWM.close";
	get hz() @ "PWM.get hz";
	get resolution() @ "PWM.get resolution";
	get format() @ "PWM.get format";
	set format(format) @ "PWM.set format";
}
export default class PWM extends Channel {
	${TARGET}
}
`);

const I2C = native(`class Bus @ "I2C.destructor" {
	constructor(options) @ "I2C.constructor";
	read(count, stop) @ "I2C.read";
	write(data, stop) @ "I2C.write";
	writeRead(data, count, stop) @ "I2C.writeRead";
	close() @ "I2C.close";
	get format() @ "I2C.get format";
	set format(format) @ "I2C.set format";
}
export default class I2C extends Bus {
	${TARGET}
}
`);

const SMBUS = native(`class SMBus @ "SMBus.destructor" {
	constructor(options) @ "SMBus.constructor";
	readUint8(register) @ "SMBus.readUint8";
	readUint16(register, bigEndian) @ "SMBus.readUint16";
	readBuffer(register, into) @ "SMBus.readBuffer";
	writeUint8(register, value) @ "SMBus.writeUint8";
	writeUint16(register, value, bigEndian) @ "SMBus.writeUint16";
	writeBuffer(register, data) @ "SMBus.writeBuffer";
	sendByte(command) @ "SMBus.sendByte";
	receiveByte() @ "SMBus.receiveByte";
	readQuick() @ "SMBus.readQuick";
	writeQuick() @ "SMBus.writeQuick";
	read(count, stop) @ "SMBus.read";
	write(data, stop) @ "SMBus.write";
	writeRead(data, count, stop) @ "SMBus.writeRead";
	close() @ "SMBus.close";
	get format() @ "SMBus.get format";
	set format(format) @ "SMBus.set format";
}
export default SMBus;
`);

/** A frame lies in the camera's own memory, outside of the heap, as on the board. */
const CAMERA = native(`class Frame @ "Frame.destructor" {
	close() @ "Frame.close";
}
class Sensor @ "Camera.destructor" {
	constructor(options, prototype) @ "Camera.constructor";
	start() @ "Camera.start";
	stop() @ "Camera.stop";
	read(buffer) @ "Camera.read";
	configure(options) @ "Camera.configure";
	close() @ "Camera.close";
	get format() @ "Camera.get format";
	set format(format) @ "Camera.set format";
	get imageType() @ "Camera.get imageType";
	get width() @ "Camera.get width";
	get height() @ "Camera.get height";
	get identification() @ "Camera.get identification";
	get configuration() @ "Camera.get configuration";
}
export default class Camera extends Sensor {
	constructor(options) {
		super(options, Frame.prototype);
		if ("target" in options) this.target = options.target;
	}
}
`);

const SNTP = native(`class SNTP @ "SNTP.destructor" {
	constructor(options, callback) @ "SNTP.constructor";
	close() @ "SNTP.close";
	static time = 1;
	static retry = 2;
	static error = -1;
}
export default SNTP;
`);

const TIME = native(`export default class Time {
	static set(seconds) @ "Time.set";
	static get timezone() @ "Time.get timezone";
	static set timezone(seconds) @ "Time.set timezone";
	static get dst() @ "Time.get dst";
	static set dst(seconds) @ "Time.set dst";
	static get ticks() @ "Time.get ticks";
	static delta(start, end) @ "Time.delta";
}
`);

/** On a board the bytes stay in flash; here they are copied to the heap. */
const RESOURCE = native(`function read(path) @ "Resource.read";
function exists(path) @ "Resource.exists";
export default class Resource {
	constructor(path) {
		return read(path);
	}
	static exists(path) {
		return exists(path);
	}
}
`);

/** What a board's Host Provider says of the board. */
export interface ProviderDescription {
  readonly i2c: Readonly<Record<string, number>>;
  readonly pin: Readonly<Record<string, number>>;
}

function provider({ i2c, pin }: ProviderDescription): ModuleSource {
  return {
    source: `import Digital from "embedded:io/digital";
import DigitalBank from "embedded:io/digitalbank";
import I2C from "embedded:io/i2c";
import PWM from "embedded:io/pwm";
import SMBus from "embedded:io/smbus";
export default Object.freeze({
	I2C: { default: { io: I2C, ...${JSON.stringify(i2c)} } },
	io: { Digital, DigitalBank, I2C, PWM, SMBus },
	pin: ${JSON.stringify(pin)}
}, true);
`,
  };
}

/** Modules of the platform by specifier, `timer` excepted. */
export function platformModules(
  description: ProviderDescription,
  config: Readonly<Record<string, unknown>>,
): Record<string, ModuleSource> {
  return {
    "embedded:provider/builtin": provider(description),
    "embedded:io/digital": pins("Digital", `${MODES}\n\t${EDGES}`),
    "embedded:io/digitalbank": pins("DigitalBank", MODES),
    "embedded:io/i2c": I2C,
    "embedded:io/smbus": SMBUS,
    "embedded:io/pwm": PWM,
    "embedded:io/image/in/camera": CAMERA,
    "embedded:io/socket/tcp": TCP,
    "embedded:io/socket/tcp/tls": TLS,
    "embedded:io/socket/udp": UDP,
    "embedded:network/dns/resolver/udp": RESOLVER,
    "embedded:network/interface/wifi": WIFI,
    time: TIME,
    sntp: SNTP,
    Resource: RESOURCE,
    // As `mcconfig` does: a frozen object in flash.
    "mc/config": { source: `export default Object.freeze(${JSON.stringify(config)}, true);\n` },
  };
}

/** Module that starts a firmware and, for the simulator, ends it; a board has the first half. */
export const BOOT_MODULE = "thimble:boot";

export function bootModule(main: string): ModuleSource {
  return native(`import * as main from ${JSON.stringify(main)};
let application;
export function start() {
	if (typeof main.default === "function") application = main.default();
}
export function canClose() {
	return typeof application?.close === "function";
}
export function close() {
	application.close(closed);
}
function closed() @ "Boot.closed";
`);
}

/** Brings a machine to each of its limits, for tests and demonstrations. */
export const FAULT_MODULE = "thimble:fault";

export const faultModule: ModuleSource = {
  source: `export function heap() { let list; for (;;) list = { list }; }
export function stack() { return 1 + stack(); }
export function loop() { for (;;); }
`,
};
