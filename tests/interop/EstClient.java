/* Bouncy Castle's EST client as a command, for the tests:
 *   java EstClient.java HOST:PORT LABEL CA.pem cacerts|enroll|reenroll|serverkeygen|enroll-and-poll CN USER PASSWORD CLIENT.p12|- OUT.pem
 * Prints "status N" and ends with 0 if the operation succeeded. enroll-and-poll asks again for each line that it reads.
 * -Dest.jsse=CLASS makes it speak TLS by that provider. */
import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.*;
import javax.net.ssl.*;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.est.*;
import org.bouncycastle.est.jcajce.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.*;
import org.bouncycastle.pkcs.*;
import org.bouncycastle.pkcs.jcajce.*;
import org.bouncycastle.util.Store;

public class EstClient {
    public static void main(String[] args) throws Exception {
        Security.insertProviderAt(new BouncyCastleProvider(), System.getProperty("est.jsse") == null ? Security.getProviders().length + 1 : 1);
        if (System.getProperty("est.jsse") != null)
            Security.insertProviderAt((Provider) Class.forName(System.getProperty("est.jsse")).getDeclaredConstructor().newInstance(), 2);
        ESTService service = service(args);
        try {
            switch (args[3]) {
                case "cacerts" -> save(args[8], service.getCACerts().getCertificateStore());
                case "enroll", "reenroll", "serverkeygen", "enroll-and-poll" -> enroll(service, args);
                default -> throw new IllegalArgumentException(args[3]);
            }
        } catch (ESTException e) {
            System.out.println("status " + e.getStatusCode());
            System.out.println(e.getMessage());
            System.exit(1);
        }
    }

    static ESTService service(String[] args) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        int i = 0;
        try (InputStream in = new FileInputStream(args[2])) {
            for (java.security.cert.Certificate c : factory.generateCertificates(in)) trusted.setCertificateEntry("ca" + i++, c);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        JsseESTServiceBuilder builder = new JsseESTServiceBuilder(args[0], (X509TrustManager) trust.getTrustManagers()[0]);
        builder.withLabel(args[1]);
        builder.withHostNameAuthorizer((name, context) -> true);
        builder.addCipherSuites(SSLContext.getDefault().getSupportedSSLParameters().getCipherSuites());
        builder.withTLSVersion("TLS");
        if (!args[7].equals("-")) {
            KeyStore identity = KeyStore.getInstance("PKCS12");
            char[] password = "identity".toCharArray();
            try (InputStream in = new FileInputStream(args[7])) { identity.load(in, password); }
            KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(identity, password);
            builder.withKeyManagers(keys.getKeyManagers());
        }
        return builder.build();
    }

    static void enroll(ESTService service, String[] args) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = generator.generateKeyPair();
        PKCS10CertificationRequest request = new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=" + args[4]), pair.getPublic())
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()));
        ESTAuth auth = args[5].isEmpty() ? null : new JcaHttpAuthBuilder(args[5], args[6].toCharArray())
                .setNonceGenerator(new SecureRandom()).setProvider("BC").build();
        EnrollmentResponse response = args[3].equals("serverkeygen")
                ? service.simpleEnrollWithServersideCreation(request, auth)
                : service.simpleEnroll(args[3].equals("reenroll"), request, auth);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        while (args[3].equals("enroll-and-poll") && !response.isCompleted()) {
            System.out.println("status 202, not before " + (response.getNotBefore() - System.currentTimeMillis()));
            if (lines.readLine() == null)
                break;
            response = service.simpleEnroll(response);
        }
        if (!response.isCompleted()) {
            System.out.println("status 202");
            System.exit(6);
        }
        save(args[8], response.getStore());
        if (response.getPrivateKeyInfo() != null)
            Files.write(Path.of(args[8] + ".key"), response.getPrivateKeyInfo().getEncoded());
    }

    static void save(String path, Store<X509CertificateHolder> store) throws Exception {
        StringBuilder pem = new StringBuilder();
        for (X509CertificateHolder c : store.getMatches(null))
            pem.append("-----BEGIN CERTIFICATE-----\n").append(java.util.Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(c.getEncoded()))
                    .append("\n-----END CERTIFICATE-----\n");
        Files.writeString(Path.of(path), pem);
        System.out.println("status 200");
    }
}
